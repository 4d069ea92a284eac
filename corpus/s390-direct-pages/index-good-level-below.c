/* The account of the level below is the one before it in the enumeration. */
// expect: nothing
static void note_split(int level, long entries)
{
	update_page_count(level, -1);
	update_page_count(level - 1, entries);
}

int split_at(pmd_t *slot, unsigned long va)
{
	unsigned long i, origin;
	pte_t *table;

	if (!pmd_leaf(*slot))
		return 0;
	table = vmem_pte_alloc();
	if (!table)
		return -ENOMEM;
	origin = pmd_val(*slot) & PMD_MASK;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(table + i, __pte((origin + i * PAGE_SIZE) | pgprot_val(PAGE_KERNEL)));
	pmd_populate(&init_mm, slot, table);
	note_split(PG_DIRECT_MAP_1M, PTRS_PER_PTE);
	return 0;
}
