/* include: preamble.h */
/* Part of the work and part of the books are in a helper of their own; only together do they balance. */
/* expect: nothing */
static void put_pages(pte_t *page, unsigned long pfn, unsigned long va)
{
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pfn_pte(pfn + i, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PTE);
}

int split_block(unsigned long va, pmd_t *slot, gfp_t gfp)
{
	pmd_t was = pmdp_get(slot);
	phys_addr_t table;

	if (!pmd_leaf(was) || pmd_cont(was))
		return 0;
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	put_pages((pte_t *)phys_to_virt(table), pmd_pfn(was), va);
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	lm_meminfo_sub(va, PMD_SIZE, PMD);
	return 0;
}
