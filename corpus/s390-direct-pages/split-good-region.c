/* The same one level up: 2048 segments for a region of 2 GB. */
// expect: nothing
static int split_region(pud_t *slot, unsigned long va)
{
	unsigned long origin, prot = pgprot_val(SEGMENT_KERNEL);
	pmd_t *table, *entry;

	table = vmem_crst_alloc(_SEGMENT_ENTRY_EMPTY);
	if (!table)
		return -ENOMEM;
	origin = pud_pfn(*slot) << PAGE_SHIFT;
	for (entry = table; entry < table + PTRS_PER_PMD; entry++) {
		set_pmd(entry, __pmd(origin | prot));
		origin += PMD_SIZE;
	}
	pgt_set((unsigned long *)slot, pud_val(__pud(__pa(table) | _REGION3_ENTRY)), va, CRDTE_DTT_REGION3);
	update_page_count(PG_DIRECT_MAP_2G, -1);
	update_page_count(PG_DIRECT_MAP_1M, PTRS_PER_PMD);
	return 0;
}

int split_at(pud_t *slot, unsigned long va)
{
	return pud_leaf(*slot) ? split_region(slot, va) : 0;
}
