/* include: preamble.h */
/* The two tallies have changed places. */
void map_mixed(pmd_t *slot, unsigned long va, unsigned long stop, pgprot_t prot, bool big_ones)
{
	unsigned long small = 0, big = 0;
	int i;

	for (; va < stop; va += PMD_SIZE, slot++) {
		pte_t *table;

		if (!pmd_none(*slot))
			continue;
		if (big_ones) {
			set_pmd(slot, pfn_pmd(__pa(va) >> PAGE_SHIFT, prot));
			big++;
			continue;
		}
		table = alloc_low_page();
		for (i = 0; i < PTRS_PER_PTE; i++)
			set_pte(table + i, pfn_pte((__pa(va) >> PAGE_SHIFT) + i, prot));
		small += PTRS_PER_PTE;
		pmd_populate_kernel(&init_mm, slot, table);
	}
	update_page_count(PG_LEVEL_2M, small); /* expect: wrong-account */
	update_page_count(PG_LEVEL_4K, big); /* expect: wrong-account */
}
