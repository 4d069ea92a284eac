/* include: preamble.h */
/* The macro says that a page went and adds it: what a macro does is read and not guessed from its name. */
#define PAGE_WENT(va)	lm_meminfo_add((va), PAGE_SIZE, PTE)

void unmap_page(pte_t *slot, unsigned long va)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was) || pte_cont(was))
		return;
	__pte_clear(&init_mm, va, slot);
	PAGE_WENT(va); /* expect: wrong-amount */
}
