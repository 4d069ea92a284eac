/* What was hidden stays hidden when it is split: no bit of an entry is switched. */
/* include: preamble.h */
/* expect: nothing */

int break_block(unsigned long va, pmd_t *dir, pmd_t was, gfp_t gfp)
{
	phys_addr_t table;
	pgprot_t prot;
	pte_t *slot;
	int i;

	if (!pmd_leaf(was) || pmd_cont(was))
		return 0;
	prot = __pgprot(pgprot_val(pmd_pgprot(was)) & ~PTE_CONT);
	if (!pmd_valid(was))
		prot = pte_pgprot(pte_mkinvalid(pfn_pte(0, prot)));
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	slot = phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(slot + i, pfn_pte(pmd_pfn(was) + i, prot));
	__pmd_populate(dir, table, PMD_TYPE_TABLE);
	lm_meminfo_sub(va, PMD_SIZE, PMD);
	lm_meminfo_add(va, PMD_SIZE, PTE);
	return 0;
}

int break_block_at(unsigned long va, pmd_t *dir, gfp_t gfp)
{
	return break_block(va, dir, pmdp_get(dir), gfp);
}
