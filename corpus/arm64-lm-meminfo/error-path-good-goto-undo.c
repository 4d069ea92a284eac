/* include: preamble.h */
/* The usual goto ladder: what was done and what was recorded are both taken back, on the failing path alone. */
/* expect: nothing */
int map_and_announce(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	int err;

	if (!pmd_none(pmdp_get(slot)))
		return 0;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD);
	err = announce(pfn);
	if (err)
		goto undo;
	return 0;

undo:
	lm_meminfo_sub(va, PMD_SIZE, PMD);
	pmd_clear(slot);
	return err;
}
