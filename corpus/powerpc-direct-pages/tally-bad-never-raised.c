/* include: preamble.h */
/* The tally is declared, recorded, and never raised. */
void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		pte_clear(&init_mm, ea, slot); /* expect: missing-sub */
	}
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
}
