/* include: preamble.h */
/* Done at one level, recorded at another, with the right number of bytes: only the names are at odds. */
void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PTE); /* expect: wrong-account */
}
