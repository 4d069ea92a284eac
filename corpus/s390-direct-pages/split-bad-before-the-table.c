/* It is recorded before the table is there, and there may be none. */
int split_segment(pmd_t *slot, unsigned long va)
{
	unsigned long origin;
	pte_t *table;
	int i;

	if (!pmd_leaf(*slot))
		return 0;
	update_page_count(PG_DIRECT_MAP_1M, -1);
	update_page_count(PG_DIRECT_MAP_4K, PTRS_PER_PTE); /* expect: error-path */
	table = vmem_pte_alloc();
	if (!table)
		return -ENOMEM;
	origin = pmd_val(*slot) & PMD_MASK;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(table + i, __pte((origin + i * PAGE_SIZE) | pgprot_val(PAGE_KERNEL)));
	pmd_populate(&init_mm, slot, table);
	return 0;
}
