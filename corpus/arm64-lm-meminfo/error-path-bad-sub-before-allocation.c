/* include: preamble.h */
/* The block is taken off the books, then the allocation fails: it is still mapped and no longer counted. */
int split_block(unsigned long va, pmd_t *slot, gfp_t gfp)
{
	pmd_t was = pmdp_get(slot);
	phys_addr_t table;
	pte_t *page;
	int i;

	if (!pmd_leaf(was) || pmd_cont(was))
		return 0;
	lm_meminfo_sub(va, PMD_SIZE, PMD); /* expect: error-path */
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	page = (pte_t *)phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pfn_pte(pmd_pfn(was) + i, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PTE);
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	return 0;
}
