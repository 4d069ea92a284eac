/* include: preamble.h */
/* What is looked up is a pte_t by its type and an entry of any level by its place. */
/* expect: nothing */
int split_at(unsigned long va)
{
	unsigned int level;
	pte_t *slot = lookup_address(va, &level), *fresh;
	unsigned long pfn;
	struct page *base;
	int i;

	if (!slot || level != PG_LEVEL_2M)
		return 0;
	if (pte_none(*slot))
		return 0;
	base = alloc_pages(GFP_KERNEL, 0);
	if (!base)
		return -ENOMEM;
	pfn = pmd_pfn(*(pmd_t *)slot);
	fresh = (pte_t *)page_address(base);
	for (i = 0; i < PTRS_PER_PTE; i++, pfn++)
		set_pte(fresh + i, pfn_pte(pfn, PAGE_KERNEL));
	if (virt_addr_valid(va))
		split_page_count(level);
	set_pte_atomic(slot, mk_pte(base, __pgprot(_KERNPG_TABLE)));
	return 0;
}
