/* include: preamble.h */
/* WARN_ON(c) complains and goes on: behind it the entry may hold a page as before. */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	pte_t was = __ptep_get(slot);

	WARN_ON(!pte_none(was));
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));
	lm_meminfo_add(va, PAGE_SIZE, PTE); /* expect: double-count */
}
