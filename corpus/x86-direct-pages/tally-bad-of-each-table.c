/* include: preamble.h */
/* The tally starts anew with every table, while it is recorded once, after the last one. */
void map_tables(pmd_t *dir, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long pages = 0;
	int i;

	for (; va < stop; va += PMD_SIZE, dir++) {
		pte_t *slot = pte_offset_kernel(dir, 0);

		pages = 0;
		for (i = 0; i < PTRS_PER_PTE; i++) {
			if (!pte_none(slot[i]))
				continue;
			set_pte(slot + i, pfn_pte((__pa(va) >> PAGE_SHIFT) + i, prot));
			pages++;
		}
	}
	update_page_count(PG_LEVEL_4K, pages); /* expect: wrong-amount */
}
