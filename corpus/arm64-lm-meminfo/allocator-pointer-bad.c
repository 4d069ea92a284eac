/* include: preamble.h */
/* The function handed in may fail, and the block has been written off before it was asked. */
int split_block(unsigned long va, pud_t *slot, phys_addr_t (*pgtable_alloc)(enum pgtable_level level))
{
	pud_t was = pudp_get(slot);
	phys_addr_t table;
	pmd_t *block;
	int i;

	if (!pud_leaf(was))
		return 0;
	lm_meminfo_sub(va, PUD_SIZE, PUD); /* expect: error-path */
	table = pgtable_alloc(PGTABLE_LEVEL_PMD);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	block = pmd_set_fixmap(table);
	clear_page(block);
	for (i = 0; i < PTRS_PER_PMD; i++)
		set_pmd(block + i, pfn_pmd(pud_pfn(was) + i * PTRS_PER_PTE, PAGE_KERNEL));
	__pud_populate(slot, table, PUD_TYPE_TABLE);
	pmd_clear_fixmap();
	lm_meminfo_add(va, PUD_SIZE, PMD);
	return 0;
}
