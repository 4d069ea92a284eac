/* The helper that records is found in a header, so what it is told is held against what is done. */
/* lookup: header-counter.h */
void unmap_page(pte_t *slot, unsigned long va)
{
	if (!lm_is_page(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	/* not-replayed: "not an array that the file defines" */
	lm_meminfo_sub(va, PAGE_SIZE, PMD); // expect: wrong-account
}

void unmap_pages(pte_t *slot, unsigned long va)
{
	int i;

	for (i = 0; i < LM_PAGES_AT_ONCE; i++) {
		if (lm_is_page(__ptep_get(slot + i)))
			lm_meminfo_sub(va + i * PAGE_SIZE, PAGE_SIZE, PTE);
		/* not-replayed: "not an array that the file defines" */
		lm_drop_page(slot + i, va + i * PAGE_SIZE); // expect: double-count
	}
}
