/* include: preamble.h */
/* A path that panics does not end the function, it ends the machine: its books need not balance. */
/* expect: nothing */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	lm_meminfo_add(va, PAGE_SIZE, PTE);
	if (!pte_none(__ptep_get(slot)))
		panic("page at %lx is mapped\n", va);
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
}
