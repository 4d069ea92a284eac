/* include: preamble.h */
/* One walker maps and unmaps, and chooses the sign of its tally at the end. */
/* expect: nothing */
void change_pages(pte_t *slot, unsigned long ea, unsigned long stop, unsigned long pfn, bool add, bool direct)
{
	long changed = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++, pfn++) {
		if (add) {
			if (!pte_none(*slot))
				continue;
			set_pte_at(&init_mm, ea, slot, pfn_pte(pfn, PAGE_KERNEL));
		} else {
			if (pte_none(*slot))
				continue;
			pte_clear(&init_mm, ea, slot);
		}
		changed++;
	}
	if (direct)
		update_page_count(mmu_virtual_psize, add ? changed : -changed);
}
