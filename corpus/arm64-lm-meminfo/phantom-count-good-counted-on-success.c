/* include: preamble.h */
/* The callee says whether it wrote, and the caller believes it: rows are told apart by what they return. */
/* expect: nothing */
static bool try_block(pmd_t *slot, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return false;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	return true;
}

void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (try_block(slot, pfn))
		lm_meminfo_add(va, PMD_SIZE, PMD);
}
