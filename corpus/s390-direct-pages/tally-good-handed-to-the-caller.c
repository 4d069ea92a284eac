/* The loop returns its tally, and the caller records it. */
// expect: nothing
static long drop_pages(pte_t *slot, unsigned long nr)
{
	long gone = 0;
	unsigned long i;

	for (i = 0; i < nr; i++, slot++) {
		if (pte_none(*slot))
			continue;
		pte_clear(&init_mm, 0UL, slot);
		gone++;
	}
	return gone;
}

void unmap_run(pmd_t *dir, unsigned long va, unsigned long nr)
{
	long gone = drop_pages(pte_offset_kernel(dir, va), nr);

	update_page_count(PG_DIRECT_MAP_4K, -gone);
}
