/* include: preamble.h */
/* The assertion after the write speaks of the old value, too: it was empty, or the same kind of page. */
/* expect: nothing */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn, pgprot_t prot)
{
	pte_t was = __ptep_get(slot);
	bool first_time = pte_none(was);

	__set_pte(slot, pfn_pte(pfn, prot));
	BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));
	if (first_time)
		lm_meminfo_add(va, PAGE_SIZE, PTE);
}
