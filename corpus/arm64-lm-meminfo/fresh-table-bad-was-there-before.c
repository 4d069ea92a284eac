/* include: preamble.h */
/* The table was there before, and so may have been its pages: filling it again maps nothing new, and adds. */
void map_as_pages(unsigned long va, pmd_t *slot, unsigned long pfn)
{
	pte_t *page = pte_offset_kernel(slot, 0UL);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++, page++, pfn++) {
		pte_t was = __ptep_get(page);

		__set_pte(page, pfn_pte(pfn, PAGE_KERNEL));
		BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(page))));
	}
	lm_meminfo_add(va, PMD_SIZE, PTE); /* expect: double-count */
}
