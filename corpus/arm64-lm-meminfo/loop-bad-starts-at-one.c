/* include: preamble.h */
/* The loop starts at one and nobody fills the first entry: one page less is mapped than is added. */
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
	for (i = 1; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pfn_pte(pfn + i, PAGE_KERNEL));
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	lm_meminfo_add(va, PMD_SIZE, PTE); /* expect: wrong-amount */
	return 0;
}
