/* include: preamble.h */
/* An older spelling of the same guard: the address lies in the window where memory is mapped. */
/* expect: nothing */
int set_pages_small(pud_t *dir, unsigned long va)
{
	pmd_t *slot = pmd_offset(dir, va);
	unsigned long pfn = pmd_pfn(*slot);
	pte_t *fresh;
	int i;

	if (!pmd_leaf(*slot))
		return 0;
	fresh = (pte_t *)get_zeroed_page(GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(fresh + i, pfn_pte(pfn + i, PAGE_KERNEL));
	if (within(va, PAGE_OFFSET, PAGE_OFFSET + (max_pfn_mapped << PAGE_SHIFT)))
		split_page_count(PG_LEVEL_2M);
	set_pmd(slot, __pmd(__pa(fresh) | _KERNPG_TABLE));
	return 0;
}
