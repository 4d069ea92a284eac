/* include: preamble.h */
/* Counted where the decision is taken. The callee has a second look, may decline, and writes nothing. */
static bool try_block(pmd_t *slot, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return false;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	return true;
}

void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	lm_meminfo_add(va, PMD_SIZE, PMD); /* expect: phantom-count */
	try_block(slot, pfn);
}
