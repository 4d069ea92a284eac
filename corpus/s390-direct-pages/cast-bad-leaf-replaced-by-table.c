/* A table takes the place of a large page through a pointer to a plain word, and nobody takes the page out. */
void attach_table(pmd_t *slot, unsigned long va, pte_t *table)
{
	if (pmd_leaf(*slot))
		pgt_set((unsigned long *)slot, __pa(table) | _SEGMENT_ENTRY, va, CRDTE_DTT_SEGMENT); /* expect: missing-sub */ /* not-replayed: "no sequence" */
}

void note_segments(long nr)
{
	update_page_count(PG_DIRECT_MAP_1M, nr);
}
