/* include: preamble.h */
/* The account comes out of ?: and is recorded by one call. */
/* expect: nothing */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn, bool cont)
{
	pgprot_t prot = cont ? __pgprot(pgprot_val(PAGE_KERNEL) | PTE_CONT) : PAGE_KERNEL;

	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pfn_pte(pfn, prot));
	lm_meminfo_add(va, PAGE_SIZE, cont ? CONT_PTE : PTE);
}
