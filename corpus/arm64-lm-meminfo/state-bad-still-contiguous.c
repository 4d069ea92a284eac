/* include: preamble.h */
/* The caller forgets to break the contiguous block first: what goes is contiguous, and is counted as plain. */
static int to_pages(unsigned long va, pmd_t *slot, pmd_t was, gfp_t gfp)
{
	pgprot_t prot = __pgprot(pgprot_val(pmd_pgprot(was)) & ~PTE_CONT);
	phys_addr_t table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	pte_t *page;
	int i;

	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	page = (pte_t *)phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pfn_pte(pmd_pfn(was) + i, prot));
	lm_meminfo_sub(va, PMD_SIZE, PMD); /* expect: wrong-account */
	lm_meminfo_add(va, PMD_SIZE, PTE);
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	return 0;
}

int break_wholly(unsigned long va, pmd_t *slot, gfp_t gfp)
{
	pmd_t was = pmdp_get(slot);

	return pmd_leaf(was) ? to_pages(va, slot, was, gfp) : 0;
}
