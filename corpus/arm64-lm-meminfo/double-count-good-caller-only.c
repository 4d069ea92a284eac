/* include: preamble.h */
/* The callee maps, the caller counts. The callee's own ledger is open and is not a bug, for its caller settles it. */
/* expect: nothing */
static void map_page(pte_t *slot, unsigned long pfn)
{
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
}

void map_if_empty(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	map_page(slot, pfn);
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}
