/* include: preamble.h */
/* The same page, taken off the books when it goes. */
/* expect: nothing */
/* summary: PTE -PAGE_SIZE */
/* summary: nothing */
void unmap_page(pte_t *slot, unsigned long va)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was) || pte_cont(was))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
