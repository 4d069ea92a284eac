/* include: preamble.h */
/* The flag is handed down, and the lowest walker asks it. */
/* expect: nothing */
static void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	long gone = 0;

	do {
		if (pte_present(*slot)) {
			pte_clear(&init_mm, ea, slot);
			gone++;
		}
		slot++;
		ea += PAGE_SIZE;
	} while (ea < stop);
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
}

static void drop_blocks(pmd_t *dir, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next;
	long gone = 0;

	for (; ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_present(*dir))
			continue;
		if (!pmd_leaf(*dir)) {
			drop_pages(pte_offset_kernel(dir, ea), ea, next, direct);
			continue;
		}
		pmd_clear(dir);
		gone++;
	}
	if (direct)
		update_page_count(MMU_PAGE_2M, -gone);
}

void drop_range(unsigned long start, unsigned long end)
{
	drop_blocks(pmd_off_k(start), start, end, true);
}
