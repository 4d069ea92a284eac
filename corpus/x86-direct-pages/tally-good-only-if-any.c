/* include: preamble.h */
/* Where nothing was counted there is nothing to record. */
/* expect: nothing */
void map_run(pmd_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long big = 0;

	while (va < stop) {
		if (pmd_none(*slot)) {
			set_pmd(slot, pfn_pmd(__pa(va) >> PAGE_SHIFT, prot));
			big += 1;
		}
		va += PMD_SIZE;
		slot++;
	}
	if (big)
		update_page_count(PG_LEVEL_2M, big);
}
