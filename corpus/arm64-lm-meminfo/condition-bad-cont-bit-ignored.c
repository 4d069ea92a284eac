/* include: preamble.h */
/* The value is written with PTE_CONT when the caller wants it, and counted without asking. */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn, bool cont)
{
	pgprot_t prot = PAGE_KERNEL;

	if (!pte_none(__ptep_get(slot)))
		return;
	if (cont)
		prot = __pgprot(pgprot_val(prot) | PTE_CONT);
	__set_pte(slot, pfn_pte(pfn, prot));
	lm_meminfo_add(va, PAGE_SIZE, PTE); /* expect: wrong-account */
}
