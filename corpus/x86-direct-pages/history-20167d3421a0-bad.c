/* include: preamble.h */
/*
 * 20167d3421a0: memory that is plugged in next to what is there finds large entries which were mapped, and counted, with
 * their first part. They were counted again with each further part.
 */
static unsigned long walk_big(pmd_t *table, unsigned long pa, unsigned long stop, unsigned long sizes, pgprot_t prot)
{
	unsigned long last = stop, big = 0;
	int i;

	for (i = pmd_index(pa); i < PTRS_PER_PMD && pa < stop; i++, pa = (pa & PMD_MASK) + PMD_SIZE) {
		pmd_t *slot = table + i;

		if (pmd_leaf(*slot)) {
			big++;
			continue;
		}
		if (pmd_none(*slot) && (sizes & (1 << PG_LEVEL_2M))) {
			set_pmd(slot, pfn_pmd(pa >> PAGE_SHIFT, prot));
			big++;
			last = (pa & PMD_MASK) + PMD_SIZE;
		}
	}
	update_page_count(PG_LEVEL_2M, big); /* expect: double-count */
	return last;
}

unsigned long map_part(pud_t *dir, unsigned long pa, unsigned long stop, unsigned long sizes)
{
	return walk_big(pmd_offset(dir, 0), pa, stop, sizes, PAGE_KERNEL_LARGE);
}
