/* include: preamble.h */
/* The number of tables, where the number of their entries is meant. */
void map_tables(pmd_t *dir, unsigned long pfn, unsigned int tables, pgprot_t prot)
{
	unsigned int n, i;

	for (n = 0; n < tables; n++) {
		pte_t *slot = pte_offset_kernel(dir + n, 0);

		for (i = 0; i < PTRS_PER_PTE; i++) {
			BUG_ON(!pte_none(slot[i]));
			set_pte(slot + i, pfn_pte(pfn++, prot));
		}
	}
	update_page_count(PG_LEVEL_4K, tables); /* expect: wrong-amount */ /* not-replayed: "no sequence" */
}
