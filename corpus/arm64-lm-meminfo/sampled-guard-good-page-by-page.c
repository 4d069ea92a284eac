/* include: preamble.h */
/* Every entry is asked, and every entry is counted for itself: no assumption is needed. */
/* expect: nothing */
void map_run(pte_t *slot, unsigned long va, unsigned long stop, unsigned long pfn)
{
	do {
		pte_t was = __ptep_get(slot);

		__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
		BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));
		if (pte_none(was))
			lm_meminfo_add(va, PAGE_SIZE, PTE);
	} while (slot++, pfn++, va += PAGE_SIZE, va != stop);
}
