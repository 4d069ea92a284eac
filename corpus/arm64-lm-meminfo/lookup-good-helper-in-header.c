/* The counter is named in a header only: its helpers, and a function that balances with them, are found there. */
/* lookup: header-counter.h */
/* expect: nothing */
void unmap_block(pmd_t *slot, unsigned long va)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was))
		return;
	pmd_clear(slot);
	lm_meminfo_sub(va, PMD_SIZE, pmd_cont(was) ? CONT_PMD : PMD);
}

/* summary: PTE -PAGE_SIZE */
void unmap_page(pte_t *slot, unsigned long va)
{
	if (!lm_is_page(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}

void unmap_pages(pte_t *slot, unsigned long va)
{
	int i;

	for (i = 0; i < LM_PAGES_AT_ONCE; i++)
		lm_drop_page(slot + i, va + i * PAGE_SIZE);
}
