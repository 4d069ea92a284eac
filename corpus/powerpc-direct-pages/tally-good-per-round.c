/* include: preamble.h */
/* One record in each round does what a tally does. */
/* expect: nothing */
void drop_blocks(pmd_t *dir, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next;

	for (; ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_leaf(*dir))
			continue;
		pmd_clear(dir);
		if (direct)
			update_page_count(MMU_PAGE_2M, -1);
	}
}
