/* include: preamble.h */
/* A filled table is thrown away before anything points to it: nothing was mapped, and nothing is counted. */
/* expect: nothing */
int split_block(unsigned long va, pmd_t *slot, gfp_t gfp)
{
	pmd_t was = pmdp_get(slot);
	phys_addr_t table;
	pte_t *page;
	int i;

	if (!pmd_leaf(was) || pmd_cont(was))
		return 0;
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	page = (pte_t *)phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pfn_pte(pmd_pfn(was) + i, PAGE_KERNEL));
	if (announce(va)) {
		lm_free_table(table);
		return -EBUSY;
	}
	lm_meminfo_sub(va, PMD_SIZE, PMD);
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	lm_meminfo_add(va, PMD_SIZE, PTE);
	return 0;
}
