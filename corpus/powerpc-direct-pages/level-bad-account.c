/* include: preamble.h */
/* Blocks of a gigabyte are taken away and counted as blocks of 2M. */
void drop_huge(pud_t *top, unsigned long ea, unsigned long stop)
{
	unsigned long next, gone = 0;

	for (; ea < stop; ea = next, top++) {
		next = pud_addr_end(ea, stop);
		if (!pud_leaf(*top))
			continue;
		pud_clear(top);
		gone++;
	}
	update_page_count(MMU_PAGE_2M, -gone); /* expect: wrong-account */
}
