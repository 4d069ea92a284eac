/* include: preamble.h */
/* The same opaque test stands twice, on a value that does not change in between: both agree. */
/* expect: nothing */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn, int flags)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	if (flags & BIT(3))
		__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	if (flags & BIT(3))
		lm_meminfo_add(va, PAGE_SIZE, PTE);
}
