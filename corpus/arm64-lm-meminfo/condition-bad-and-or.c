/* include: preamble.h */
/* One of three conditions is missing where it is counted, so some paths count what they did not map. */
void map_block(pmd_t *slot, unsigned long va, unsigned long pfn, bool want, bool may)
{
	pmd_t was = pmdp_get(slot);

	if (want && may && pmd_none(was))
		set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	if (want && pmd_none(was))
		lm_meminfo_add(va, PMD_SIZE, PMD); /* expect: phantom-count */
}
