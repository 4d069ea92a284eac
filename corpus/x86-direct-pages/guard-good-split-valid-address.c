/* include: preamble.h */
/* Attributes change anywhere in the kernel's half; only what maps memory is counted. */
/* expect: nothing */
static int break_big(pmd_t *slot, unsigned long va, pte_t *fresh)
{
	unsigned long pfn = pmd_pfn(*slot);
	pgprot_t prot = pmd_pgprot(*slot);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(fresh + i, pfn_pte(pfn + i, prot));
	if (virt_addr_valid(va) && pfn_range_is_mapped(pfn, pfn + 1))
		split_page_count(PG_LEVEL_2M);
	set_pmd(slot, __pmd(__pa(fresh) | _KERNPG_TABLE));
	return 0;
}

int set_pages_small(pud_t *dir, unsigned long va)
{
	pmd_t *slot = pmd_offset(dir, va);
	pte_t *fresh;

	if (!pmd_leaf(*slot))
		return 0;
	fresh = (pte_t *)get_zeroed_page(GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	return break_big(slot, va, fresh);
}
