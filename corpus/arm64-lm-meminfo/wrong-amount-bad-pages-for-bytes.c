/* include: preamble.h */
/* Units mixed up: the counter holds bytes and is given a number of entries. */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, 1, PTE); /* expect: wrong-amount */
}
