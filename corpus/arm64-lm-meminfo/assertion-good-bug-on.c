/* include: preamble.h */
/* BUG_ON(c) goes on with "not c": behind it the entry is known to be empty. */
/* expect: nothing */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	BUG_ON(!pte_none(__ptep_get(slot)));
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}
