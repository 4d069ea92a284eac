/* include: preamble.h */
/* Conditions joined by && and ||, one written as the contrary of the other. */
/* expect: nothing */
void map_block(pmd_t *slot, unsigned long va, unsigned long pfn, bool want, bool may)
{
	pmd_t was = pmdp_get(slot);

	if (want && may && pmd_none(was))
		set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	if (!(!pmd_none(was) || !want || !may))
		lm_meminfo_add(va, PMD_SIZE, PMD);
}
