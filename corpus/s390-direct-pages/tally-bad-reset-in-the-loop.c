/* The tally is set back where a page table has to be made: what was mapped before that is forgotten. */
int map_segments(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next, made = 0;
	pmd_t *slot = pmd_offset(dir, va);

	for (; va < stop; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (!pmd_none(*slot))
			continue;
		if (!IS_ALIGNED(va, PMD_SIZE) || !IS_ALIGNED(next, PMD_SIZE)) {
			made = 0;
			continue;
		}
		set_pmd(slot, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
		made++;
	}
	update_page_count(PG_DIRECT_MAP_1M, made); /* expect: wrong-amount */ /* not-replayed: "no sequence" */
	return 0;
}
