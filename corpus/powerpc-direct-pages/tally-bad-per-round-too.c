/* include: preamble.h */
/* Recorded in each round, and once more after the loop. */
void drop_blocks(pmd_t *dir, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (; ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_leaf(*dir))
			continue;
		pmd_clear(dir);
		gone++;
		if (direct)
			update_page_count(MMU_PAGE_2M, -1);
	}
	if (direct)
		update_page_count(MMU_PAGE_2M, -gone); /* expect: double-count */
}
