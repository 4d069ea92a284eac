/* include: preamble.h */
/* Two branches clear the entry, and only one of them raises the tally. */
void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		if (pte_dirty(*slot)) {
			pte_clear(&init_mm, ea, slot); /* expect: missing-sub */
			flush_dirty(ea);
		} else {
			pte_clear(&init_mm, ea, slot);
			gone++;
		}
	}
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
}
