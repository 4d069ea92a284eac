/* include: preamble.h */
/* The flag is asked the wrong way round: vmemmap is recorded and the linear mapping is not. */
void drop_blocks(pmd_t *dir, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (; ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_leaf(*dir))
			continue;
		pmd_clear(dir); /* expect: missing-sub */
		gone++;
	}
	if (!direct)
		update_page_count(MMU_PAGE_2M, -gone); /* expect: unfiltered-region */
}
