/* include: preamble.h */
/* Each page that is taken away raises the tally, and the tally is recorded once, after the loop. */
/* expect: nothing */
void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		pte_clear(&init_mm, ea, slot);
		gone++;
	}
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
}
