/* include: preamble.h */
/* The walk gives up in the middle, and what it has taken away by then is never recorded. */
int drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		if (pte_special(*slot))
			return -EBUSY;
		pte_clear(&init_mm, ea, slot); /* expect: error-path */
		gone++;
	}
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
	return 0;
}
