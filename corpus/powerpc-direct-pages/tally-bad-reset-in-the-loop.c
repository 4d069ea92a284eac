/* include: preamble.h */
/* The tally stands inside the outer loop and is recorded outside: only the last block's pages are told. */
void drop_blocks(pmd_t *dir, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (; ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		gone = 0;
		if (!pmd_leaf(*dir))
			continue;
		pmd_clear(dir);
		gone++;
	}
	if (direct)
		update_page_count(MMU_PAGE_2M, -gone); /* expect: wrong-amount */
}
