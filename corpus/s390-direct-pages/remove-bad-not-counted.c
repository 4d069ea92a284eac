/* A segment is cleared where its range is whole, and nothing is taken from the counter. */
void drop_segments(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;
	pmd_t *slot = pmd_offset(dir, va);

	for (; va < stop; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (pmd_none(*slot) || !pmd_leaf(*slot))
			continue;
		if (IS_ALIGNED(va, PMD_SIZE) && IS_ALIGNED(next, PMD_SIZE))
			pmd_clear(slot); /* expect: missing-sub */
	}
}

void note_segments(long nr)
{
	update_page_count(PG_DIRECT_MAP_1M, nr);
}
