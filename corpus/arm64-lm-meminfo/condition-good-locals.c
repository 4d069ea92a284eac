/* include: preamble.h */
/* Conditions go through locals, negations and other locals before they are used. */
/* expect: nothing */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	bool taken = !pte_none(__ptep_get(slot));
	bool count;

	count = !taken;
	if (taken)
		return;
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	if (count)
		lm_meminfo_add(va, PAGE_SIZE, PTE);
}
