/* include: preamble.h */
/* The loop stops at the first entry that is taken, and the record takes all rounds for granted. */
int map_run(pte_t *slot, unsigned long va, unsigned long pfn, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!pte_none(__ptep_get(slot + i)))
			return -EBUSY;
		__set_pte(slot + i, pfn_pte(pfn + i, PAGE_KERNEL)); /* expect: error-path */
	}
	lm_meminfo_add(va, nr * PAGE_SIZE, PTE);
	return 0;
}
