/* include: preamble.h */
/* The callee counts a split that then fails; its caller's own tally is right. */
static int open_up(pmd_t *slot)
{
	unsigned long pfn = pmd_pfn(*slot);
	pte_t *fresh;
	int i;

	update_page_count(PG_LEVEL_2M, -1); /* expect: error-path */
	fresh = (pte_t *)get_zeroed_page(GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(fresh + i, pfn_pte(pfn + i, PAGE_KERNEL));
	set_pmd(slot, __pmd(__pa(fresh) | _KERNPG_TABLE));
	update_page_count(PG_LEVEL_4K, PTRS_PER_PTE);
	return 0;
}

int drop_or_open(pmd_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long gone = 0;
	int err = 0;

	for (; va < stop; va += PMD_SIZE, slot++) {
		if (!pmd_leaf(*slot))
			continue;
		if (va & ~PUD_MASK) {
			pmd_clear(slot);
			gone++;
			continue;
		}
		err = open_up(slot);
		if (err)
			break;
	}
	update_page_count(PG_LEVEL_2M, -gone);
	return err;
}
