/* include: preamble.h */
/* The guard means to ask whether the entry was empty, and asks after it has been filled: it never counts again. */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	pte_t was = __ptep_get(slot);

	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL)); /* expect: missing-add */
	BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));
	if (pte_none(__ptep_get(slot)))
		lm_meminfo_add(va, PAGE_SIZE, PTE);
}
