/* A block becomes a table of pages that is filled and counted, and the entry never points to it. */
/* include: preamble.h */
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
	page = phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pte_mknoncont(pfn_pte(pmd_pfn(was) + i, PAGE_KERNEL)));
	lm_meminfo_add(va, PMD_SIZE, PTE); /* expect: phantom-count */
	return 0;
}
