/* include: preamble.h */
/* The callee counts the split, and so does its caller. */
static int break_big(pmd_t *slot)
{
	unsigned long pfn = pmd_pfn(*slot);
	pte_t *fresh = (pte_t *)get_zeroed_page(GFP_KERNEL);
	int i;

	if (!fresh)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(fresh + i, pfn_pte(pfn + i, PAGE_KERNEL));
	split_page_count(PG_LEVEL_2M);
	set_pmd(slot, __pmd(__pa(fresh) | _KERNPG_TABLE));
	return 0;
}

int set_pages_small(pmd_t *slot)
{
	int err = 0;

	if (pmd_leaf(*slot)) {
		err = break_big(slot);
		if (!err)
			split_page_count(PG_LEVEL_2M); /* expect: double-count */
	}
	return err;
}
