/* include: preamble.h */
/* Names that only look like writes: fixmap slots come and go, and values are made and dropped without being written. */
/* expect: nothing */
unsigned long peek(pud_t *dir, unsigned long va)
{
	pmd_t *slot = pmd_set_fixmap_offset(dir, va);
	unsigned long raw = pmd_val(pmd_mkinvalid(pmdp_get(slot)));

	pmd_clear_fixmap();
	return raw;
}

pte_t prepare(unsigned long pfn)
{
	return pte_mkinvalid(pfn_pte(pfn, PAGE_KERNEL));
}
