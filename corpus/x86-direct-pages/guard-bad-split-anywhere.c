/* include: preamble.h */
/* The tables of the EFI runtime services are split by the same code, and the split is counted as one of the direct map. */
static int break_big(pmd_t *slot, unsigned long va)
{
	unsigned long pfn = pmd_pfn(*slot);
	pte_t *fresh = (pte_t *)get_zeroed_page(GFP_KERNEL);
	int i;

	if (!fresh)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(fresh + i, pfn_pte(pfn + i, PAGE_KERNEL));
	split_page_count(PG_LEVEL_2M); /* expect: unfiltered-region */
	set_pmd(slot, __pmd(__pa(fresh) | _KERNPG_TABLE));
	return 0;
}

int set_pages_small(pmd_t *slot, unsigned long va)
{
	return pmd_leaf(*slot) ? break_big(slot, va) : 0;
}

int kernel_map_pages_in_pgd(pgd_t *pgd, u64 pfn, unsigned long address, unsigned int numpages, unsigned long flags)
{
	pmd_t *slot = pmd_offset(pud_offset(p4d_offset(pgd, address), address), address);

	return pmd_leaf(*slot) ? break_big(slot, address) : 0;
}
