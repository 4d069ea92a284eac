/* The flag decides in each round whether there is anything to be counted. */
// expect: nothing
void drop_segments(pud_t *dir, unsigned long va, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;
	pmd_t *slot = pmd_offset(dir, va);

	for (; va < stop; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (!pmd_leaf(*slot))
			continue;
		if (!direct)
			free_pages(pmd_deref(*slot), get_order(PMD_SIZE));
		pmd_clear(slot);
		if (direct)
			gone++;
	}
	update_page_count(PG_DIRECT_MAP_1M, -gone);
}
