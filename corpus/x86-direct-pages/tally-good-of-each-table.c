/* include: preamble.h */
/* The tally starts anew with every table and is recorded with every table. */
/* expect: nothing */
void map_tables(pmd_t *dir, unsigned long va, unsigned long stop, pgprot_t prot)
{
	int i;

	for (; va < stop; va += PMD_SIZE, dir++) {
		pte_t *slot = pte_offset_kernel(dir, 0);
		unsigned long pages = 0;

		for (i = 0; i < PTRS_PER_PTE; i++) {
			if (!pte_none(slot[i]))
				continue;
			set_pte(slot + i, pfn_pte((__pa(va) >> PAGE_SHIFT) + i, prot));
			pages++;
		}
		update_page_count(PG_LEVEL_4K, pages);
	}
}
