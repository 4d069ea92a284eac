/* include: preamble.h */
/* A table that was just allocated holds nothing, so its first filling adds every entry, whatever stands elsewhere. */
/* expect: nothing */
/* summary: PTE +PMD_SIZE */
int map_as_pages(unsigned long va, pmd_t *slot, unsigned long pfn, gfp_t gfp)
{
	phys_addr_t table;
	pte_t *page;
	int i;

	if (!pmd_none(pmdp_get(slot)))
		return 0;
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	page = (pte_t *)phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++, page++, pfn++)
		__set_pte(page, pfn_pte(pfn, PAGE_KERNEL));
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	lm_meminfo_add(va, PMD_SIZE, PTE);
	return 0;
}
