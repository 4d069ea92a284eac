/* include: preamble.h */
/* The tally is one ahead of what was mapped. */
void map_run(pmd_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long big = 1;

	while (va < stop) {
		if (pmd_none(*slot)) {
			set_pmd(slot, pfn_pmd(__pa(va) >> PAGE_SHIFT, prot));
			big++;
		}
		va += PMD_SIZE;
		slot++;
	}
	update_page_count(PG_LEVEL_2M, big); /* expect: wrong-amount */
}
