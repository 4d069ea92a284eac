/* include: preamble.h */
/* 20167d3421a0, the cure: a large entry that is there only moves the end of what is mapped. (At boot that is too little.) */
/* expect: nothing */
static unsigned long walk_big(pmd_t *table, unsigned long pa, unsigned long stop, unsigned long sizes, pgprot_t prot)
{
	unsigned long last = stop, big = 0;
	int i;

	for (i = pmd_index(pa); i < PTRS_PER_PMD && pa < stop; i++, pa = (pa & PMD_MASK) + PMD_SIZE) {
		pmd_t *slot = table + i;

		if (pmd_leaf(*slot)) {
			last = (pa & PMD_MASK) + PMD_SIZE;
			continue;
		}
		if (pmd_none(*slot) && (sizes & (1 << PG_LEVEL_2M))) {
			set_pmd(slot, pfn_pmd(pa >> PAGE_SHIFT, prot));
			big++;
			last = (pa & PMD_MASK) + PMD_SIZE;
		}
	}
	update_page_count(PG_LEVEL_2M, big);
	return last;
}

unsigned long map_part(pud_t *dir, unsigned long pa, unsigned long stop, unsigned long sizes)
{
	return walk_big(pmd_offset(dir, 0), pa, stop, sizes, PAGE_KERNEL_LARGE);
}
