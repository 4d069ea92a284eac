/* include: preamble.h */
/* The pages of the new table carry PTE_CONT when the caller asks for it. The counter is told of plain pages anyway. */
int split_block(unsigned long va, pmd_t *slot, gfp_t gfp, bool to_cont)
{
	pmd_t was = pmdp_get(slot);
	pgprot_t prot = PAGE_KERNEL;
	phys_addr_t table;
	pte_t *page;
	int i;

	if (!pmd_leaf(was) || pmd_cont(was))
		return 0;
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	if (to_cont)
		prot = __pgprot(pgprot_val(prot) | PTE_CONT);
	page = (pte_t *)phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pfn_pte(pmd_pfn(was) + i, prot));
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	lm_meminfo_sub(va, PMD_SIZE, PMD);
	lm_meminfo_add(va, PMD_SIZE, PTE); /* expect: wrong-account */
	return 0;
}
