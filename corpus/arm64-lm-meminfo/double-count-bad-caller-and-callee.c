/* include: preamble.h */
/* Callee and caller both count the one page: each function looks right when read alone. */
static void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}

void map_if_empty(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	map_page(slot, va, pfn);
	lm_meminfo_add(va, PAGE_SIZE, PTE); /* expect: double-count */
}
