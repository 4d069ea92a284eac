/* include: preamble.h */
/* The same page, counted: the guard proves that the entry was empty, so the add is whole. */
/* expect: nothing */
/* summary: PTE +PAGE_SIZE */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}
