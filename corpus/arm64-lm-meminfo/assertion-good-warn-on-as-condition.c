/* include: preamble.h */
/* The value of WARN_ON(c) is c: used as a condition it establishes as much as c does. */
/* expect: nothing */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (WARN_ON(!pte_none(__ptep_get(slot))))
		return;
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}
