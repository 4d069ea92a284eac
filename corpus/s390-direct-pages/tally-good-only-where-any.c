/* Nothing is recorded where nothing was done. */
// expect: nothing
void unmap_run(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long gone = 0;
	pte_t *slot;

	for (slot = pte_offset_kernel(dir, va); va < stop; va += PAGE_SIZE, slot++) {
		if (pte_none(*slot))
			continue;
		pte_clear(&init_mm, va, slot);
		gone++;
	}
	if (gone)
		update_page_count(PG_DIRECT_MAP_4K, -gone);
}
