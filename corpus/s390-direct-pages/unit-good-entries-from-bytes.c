/* The counter holds entries: a range of bytes is divided by the size of one. */
// expect: nothing
void map_run(pmd_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long at;

	for (at = va; at < stop; at += PMD_SIZE, slot++) {
		BUG_ON(!pmd_none(*slot));
		set_pmd(slot, __pmd(__pa(at) | pgprot_val(SEGMENT_KERNEL)));
	}
	if (va < stop)
		update_page_count(PG_DIRECT_MAP_1M, (stop - va) >> PMD_SHIFT);
}
