/* include: preamble.h */
/*
 * 876ee61aadf0: the cure for hot-added memory had stopped the counting of large entries that are there. At boot these are what
 * the early boot code has mapped: nobody else counts them, and hot-remove takes them from the counter later.
 */
static unsigned long __meminit phys_pmd_init(pmd_t *table, unsigned long pa, unsigned long stop, unsigned long sizes,
					     pgprot_t prot, bool init)
{
	unsigned long last = stop, big = 0;
	int i;

	for (i = pmd_index(pa); i < PTRS_PER_PMD && pa < stop; i++, pa = (pa & PMD_MASK) + PMD_SIZE) {
		pmd_t *slot = table + i;

		if (pmd_leaf(*slot)) { /* expect: missing-add */
			last = (pa & PMD_MASK) + PMD_SIZE;
			continue;
		}
		if (pmd_none(*slot) && (sizes & (1 << PG_LEVEL_2M))) {
			set_pmd_init(slot, pfn_pmd(pa >> PAGE_SHIFT, prot), init);
			big++;
			last = (pa & PMD_MASK) + PMD_SIZE;
		}
	}
	update_page_count(PG_LEVEL_2M, big);
	return last;
}

unsigned long __meminit map_part(pud_t *dir, unsigned long pa, unsigned long stop, unsigned long sizes)
{
	return phys_pmd_init(pmd_offset(dir, 0), pa, stop, sizes, PAGE_KERNEL_LARGE, true);
}
