/* include: preamble.h */
/* The split is counted, and then there is no page for the table. */
int break_big(pmd_t *slot, unsigned long va)
{
	unsigned long pfn = pmd_pfn(*slot);
	pte_t *fresh;
	int i;

	if (!pmd_leaf(*slot))
		return 0;
	split_page_count(PG_LEVEL_2M); /* expect: error-path */
	fresh = (pte_t *)get_zeroed_page(GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(fresh + i, pfn_pte(pfn + i, PAGE_KERNEL));
	set_pmd(slot, __pmd(__pa(fresh) | _KERNPG_TABLE));
	return 0;
}
