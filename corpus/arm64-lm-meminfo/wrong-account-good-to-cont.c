/* include: preamble.h */
/* A boolean parameter is a condition of the row: both values balance, each in an account of its own. */
/* expect: nothing */
/* summary: PMD -PMD_SIZE, PTE +PMD_SIZE */
/* summary: PMD -PMD_SIZE, CONT_PTE +PMD_SIZE */
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
	if (to_cont)
		lm_meminfo_add(va, PMD_SIZE, CONT_PTE);
	else
		lm_meminfo_add(va, PMD_SIZE, PTE);
	return 0;
}
