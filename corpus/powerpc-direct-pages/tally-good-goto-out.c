/* include: preamble.h */
/* The walk gives up in the middle, and records on its way out what it has taken away by then. */
/* expect: nothing */
int drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long gone = 0;
	int err = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		if (pte_special(*slot)) {
			err = -EBUSY;
			goto out;
		}
		pte_clear(&init_mm, ea, slot);
		gone++;
	}
out:
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
	return err;
}
