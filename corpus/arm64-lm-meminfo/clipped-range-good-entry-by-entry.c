/* include: preamble.h */
/* Nothing is said of blocks at all: each entry is taken from the account that it stood in, wherever the range ends. */
/* expect: nothing */
static void unmap_pages(pte_t *slot, unsigned long va, unsigned long stop)
{
	do {
		pte_t was = __ptep_get(slot);

		if (pte_none(was))
			continue;
		__pte_clear(&init_mm, va, slot);
		if (pte_cont(was))
			lm_meminfo_sub(va, PAGE_SIZE, CONT_PTE);
		else
			lm_meminfo_sub(va, PAGE_SIZE, PTE);
	} while (slot++, va += PAGE_SIZE, va < stop);
}

void unmap_blocks(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	do {
		next = pte_cont_addr_end(va, stop);
		unmap_pages(pte_offset_kernel(dir, va), va, next);
	} while (va = next, va < stop);
}
