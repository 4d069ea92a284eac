/* include: preamble.h */
/* The plainest bug: a page gets mapped and no counter hears of it. */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL)); /* expect: missing-add */
}
