/* include: preamble.h */
/* The test of an entry stands in a predicate of the file: its answer must be as good as the test itself. */
/* expect: nothing */
static bool plain_block(pmd_t *slot)
{
	pmd_t now = pmdp_get(slot);

	return pmd_leaf(now) && !pmd_cont(now);
}

void unmap_block(pmd_t *slot, unsigned long va)
{
	if (!plain_block(slot))
		return;
	pmd_clear(slot);
	lm_meminfo_sub(va, PMD_SIZE, PMD);
}
