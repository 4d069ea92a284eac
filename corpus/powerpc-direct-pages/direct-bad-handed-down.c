/* include: preamble.h */
/* The upper walker knows what it is about, and does not hand it on. */
static void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		pte_clear(&init_mm, ea, slot);
		gone++;
	}
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
}

void drop_table(pmd_t *dir, unsigned long ea, unsigned long stop, bool direct)
{
	if (pmd_none(*dir) || pmd_leaf(*dir))
		return;
	drop_pages(pte_offset_kernel(dir, ea), ea, stop, false); /* expect: missing-sub */
}
