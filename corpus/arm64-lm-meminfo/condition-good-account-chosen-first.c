/* include: preamble.h */
/* The account is chosen into a local and recorded once; the bit of the value written is the same condition. */
/* expect: nothing */
void map_page(pte_t *slot, unsigned long va, unsigned long pfn, bool cont)
{
	enum lm_type bucket = PTE;
	pgprot_t prot = PAGE_KERNEL;

	if (!pte_none(__ptep_get(slot)))
		return;
	if (cont) {
		prot = __pgprot(pgprot_val(prot) | PTE_CONT);
		bucket = CONT_PTE;
	}
	__set_pte(slot, pfn_pte(pfn, prot));
	lm_meminfo_add(va, PAGE_SIZE, bucket);
}
