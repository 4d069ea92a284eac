/* include: preamble.h */
/* The walker tells its caller how many there were; one of its callers does not listen. */
static long clear_pages(pte_t *slot, unsigned long ea, unsigned long stop)
{
	long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (pte_none(*slot))
			continue;
		pte_clear(&init_mm, ea, slot); /* expect: missing-sub */
		gone++;
	}
	return gone;
}

void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop)
{
	update_page_count(mmu_virtual_psize, -clear_pages(slot, ea, stop));
}

void drop_all(pte_t *slot, unsigned long ea)
{
	clear_pages(slot, ea, ea + PMD_SIZE);
}
