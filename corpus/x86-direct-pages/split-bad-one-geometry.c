/* include: preamble.h */
/* 512 is right but for 32-bit kernels without PAE, where a table has 1024 entries. */
int break_big(pmd_t *slot, unsigned long va)
{
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
	update_page_count(PG_LEVEL_2M, -1);
	update_page_count(PG_LEVEL_4K, 512); /* expect: wrong-amount */ /* not-replayed: "no sequence" */
	set_pmd(slot, __pmd(__pa(fresh) | _KERNPG_TABLE));
	return 0;
}
