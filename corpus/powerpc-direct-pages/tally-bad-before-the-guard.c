/* include: preamble.h */
/* The tally is raised before the test: entries that held nothing are taken off as well. */
void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		gone++;
		if (!pte_present(*slot))
			continue;
		pte_clear(&init_mm, ea, slot);
	}
	if (direct)
		update_page_count(mmu_virtual_psize, -gone); /* expect: phantom-count */
}
