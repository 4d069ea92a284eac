/* include: preamble.h */
/* A tally of zero need not be recorded. */
/* expect: nothing */
void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (pte_none(*slot))
			continue;
		pte_clear(&init_mm, ea, slot);
		gone++;
	}
	if (direct && gone)
		update_page_count(mmu_virtual_psize, -gone);
}
