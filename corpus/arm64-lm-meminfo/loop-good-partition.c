/* include: preamble.h */
/* The range is cut at block boundaries and the pieces are added one by one: their sum is the range, no product. */
/* expect: nothing */
static void map_pages(pte_t *slot, unsigned long va, unsigned long stop, unsigned long pfn)
{
	do {
		BUG_ON(!pte_none(__ptep_get(slot)));
		__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	} while (slot++, pfn++, va += PAGE_SIZE, va != stop);
}

void map_run(pmd_t *dir, unsigned long va, unsigned long stop, unsigned long pfn)
{
	unsigned long next;

	do {
		next = pte_cont_addr_end(va, stop);
		map_pages(pte_offset_kernel(dir, va), va, next, pfn);
		lm_meminfo_add(va, next - va, PTE);
		pfn += (next - va) >> PAGE_SHIFT;
	} while (va = next, va != stop);
}
