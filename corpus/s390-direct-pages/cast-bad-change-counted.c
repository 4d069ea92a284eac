/* The same, and the change is counted as if the page were new. */
void lock_segment(pmd_t *slot, unsigned long va)
{
	pmd_t now = *slot;

	if (!pmd_leaf(now))
		return;
	now = pmd_wrprotect(now);
	pgt_set((unsigned long *)slot, pmd_val(now), va, CRDTE_DTT_SEGMENT);
	update_page_count(PG_DIRECT_MAP_1M, 1); /* expect: double-count */
}
