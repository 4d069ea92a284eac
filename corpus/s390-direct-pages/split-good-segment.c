/* A large page becomes a table of small ones: as many are added as the table has entries, and one is taken. */
// expect: nothing
int split_segment(pmd_t *slot, unsigned long va)
{
	unsigned long origin, prot;
	pte_t *table, *entry;
	int i, locked;

	table = vmem_pte_alloc();
	if (!table)
		return -ENOMEM;
	origin = pmd_pfn(*slot) << PAGE_SHIFT;
	locked = !!(pmd_val(*slot) & _SEGMENT_ENTRY_PROTECT);
	prot = pgprot_val(locked ? PAGE_KERNEL_RO : PAGE_KERNEL);
	entry = table;
	for (i = 0; i < PTRS_PER_PTE; i++) {
		set_pte(entry, __pte(origin | prot));
		origin += PAGE_SIZE;
		entry++;
	}
	pgt_set((unsigned long *)slot, pmd_val(__pmd(__pa(table) | _SEGMENT_ENTRY)), va, CRDTE_DTT_SEGMENT);
	update_page_count(PG_DIRECT_MAP_4K, PTRS_PER_PTE);
	update_page_count(PG_DIRECT_MAP_1M, -1);
	return 0;
}

/* The caller has seen a large page there. */
int split_at(pmd_t *slot, unsigned long va)
{
	if (!pmd_leaf(*slot))
		return 0;
	return split_segment(slot, va);
}
