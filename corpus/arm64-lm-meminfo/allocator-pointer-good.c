/* include: preamble.h */
/* The tables come from whatever function the caller hands in. It may fail, and it maps nothing by itself. */
/* expect: nothing */
int split_block(unsigned long va, pud_t *slot, phys_addr_t (*pgtable_alloc)(enum pgtable_level level))
{
	pud_t was = pudp_get(slot);
	phys_addr_t table;
	pmd_t *block;
	int i;

	if (!pud_leaf(was))
		return 0;
	BUG_ON(!pgtable_alloc);
	table = pgtable_alloc(PGTABLE_LEVEL_PMD);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	block = pmd_set_fixmap(table);
	clear_page(block);
	for (i = 0; i < PTRS_PER_PMD; i++)
		set_pmd(block + i, pfn_pmd(pud_pfn(was) + i * PTRS_PER_PTE, PAGE_KERNEL));
	__pud_populate(slot, table, PUD_TYPE_TABLE);
	pmd_clear_fixmap();
	lm_meminfo_sub(va, PUD_SIZE, PUD);
	lm_meminfo_add(va, PUD_SIZE, PMD);
	return 0;
}
