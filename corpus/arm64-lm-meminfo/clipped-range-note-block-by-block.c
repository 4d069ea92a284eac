/* include: preamble.h */
/* A whole block is moved to the plain account, although the caller's end may cut the last block. */
static void unmap_pages(pte_t *slot, unsigned long va, unsigned long stop)
{
	do {
		pte_t was = __ptep_get(slot);

		if (pte_none(was))
			continue;
		__pte_clear(&init_mm, va, slot);
		lm_meminfo_sub(va, PAGE_SIZE, PTE);
	} while (slot++, va += PAGE_SIZE, va < stop);
}

void unmap_blocks(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	do {
		pte_t *slot = pte_offset_kernel(dir, va);
		pte_t was = __ptep_get(slot);

		next = pte_cont_addr_end(va, stop);
		if (pte_present(was) && pte_cont(was)) {
			lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE); /* expect: clipped-range */
			lm_meminfo_add(va, CONT_PTE_SIZE, PTE);
		}
		unmap_pages(slot, va, next);
	} while (va = next, va < stop);
}
