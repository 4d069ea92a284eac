/* include: preamble.h */
/* The record stands in a macro, once as an expression and once in the do-while(0) that macros are wrapped in. */
/* expect: nothing */
#define PAGE_CAME(va)	lm_meminfo_add((va), PAGE_SIZE, PTE)
#define PAGE_WENT(va)						\
	do {							\
		lm_meminfo_sub((va), PAGE_SIZE, PTE);		\
	} while (0)

void map_page(pte_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	PAGE_CAME(va);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was) || pte_cont(was))
		return;
	__pte_clear(&init_mm, va, slot);
	PAGE_WENT(va);
}
