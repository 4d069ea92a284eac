/* include: preamble.h */
/*
 * After the callee the entry is a plain block, while the snapshot still says contiguous. Clearing it as a plain
 * block is right, and so is handing the old snapshot on for its address and permissions.
 */
/* expect: nothing */
static void break_block(unsigned long va, pmd_t *slot)
{
	int i;

	slot = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PMDS);
	for (i = 0; i < CONT_PMDS; i++, slot++)
		set_pmd(slot, pmd_mknoncont(pmdp_get(slot)));
	lm_meminfo_sub(va, CONT_PMD_SIZE, CONT_PMD);
	lm_meminfo_add(va, CONT_PMD_SIZE, PMD);
}

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
	lm_meminfo_sub(va, PMD_SIZE, PMD);
	lm_meminfo_add(va, PMD_SIZE, PTE);
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	return 0;
}

int break_wholly(unsigned long va, pmd_t *slot, gfp_t gfp)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was))
		return 0;
	if (pmd_cont(was))
		break_block(va, slot);
	return to_pages(va, slot, was, gfp);
}
