/* include: preamble.h */
/* A single page is taken away and not recorded. */
void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (pte_none(*slot))
			continue;
		pte_clear(&init_mm, ea, slot); /* expect: missing-sub */
		gone++;
	}
	if (direct && gone > 1)
		update_page_count(mmu_virtual_psize, -gone);
}
