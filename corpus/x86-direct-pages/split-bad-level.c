/* include: preamble.h */
/* A gigabyte is split, and it is counted as if 2M had been. */
int break_huge(pud_t *slot, unsigned long va)
{
	unsigned long pfn = pud_pfn(*slot);
	pmd_t *fresh;
	int i;

	if (!pud_leaf(*slot))
		return 0;
	fresh = (pmd_t *)get_zeroed_page(GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pmd(fresh + i, pfn_pmd(pfn + i * (PMD_SIZE >> PAGE_SHIFT), PAGE_KERNEL));
	split_page_count(PG_LEVEL_2M); /* expect: wrong-account */
	set_pud(slot, __pud(__pa(fresh) | _KERNPG_TABLE));
	return 0;
}
