/* include: preamble.h */
/* Two ways to map, one of them forgets: a tool that counts calls per function is content with this one. */
void map_either(pud_t *big, pmd_t *small, unsigned long va, unsigned long pfn, bool want_big)
{
	if (want_big) {
		if (!pud_none(pudp_get(big)))
			return;
		set_pud(big, pfn_pud(pfn, PAGE_KERNEL));
		lm_meminfo_add(va, PUD_SIZE, PUD);
	} else {
		if (!pmd_none(pmdp_get(small)))
			return;
		set_pmd(small, pfn_pmd(pfn, PAGE_KERNEL)); /* expect: missing-add */
	}
}
