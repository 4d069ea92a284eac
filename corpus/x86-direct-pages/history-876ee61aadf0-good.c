/* include: preamble.h */
/* 876ee61aadf0, the cure: what is there is counted at boot, and not later. */
/* expect: nothing */
static unsigned long __meminit phys_pmd_init(pmd_t *table, unsigned long pa, unsigned long stop, unsigned long sizes,
					     pgprot_t prot, bool init)
{
	unsigned long last = stop, big = 0;
	int i;

	for (i = pmd_index(pa); i < PTRS_PER_PMD && pa < stop; i++, pa = (pa & PMD_MASK) + PMD_SIZE) {
		pmd_t *slot = table + i;

		if (pmd_leaf(*slot)) {
			if (!after_bootmem)
				big++;
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
