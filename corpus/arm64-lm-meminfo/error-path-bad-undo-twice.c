/* include: preamble.h */
/* The failing branch undoes the count once in place and once more at the label. */
int map_and_announce(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	int err = 0;

	if (!pmd_none(pmdp_get(slot)))
		return 0;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD);
	if (announce(pfn)) {
		err = -EBUSY;
		lm_meminfo_sub(va, PMD_SIZE, PMD);
		goto undo;
	}
	return err;

undo:
	pmd_clear(slot);
	lm_meminfo_sub(va, PMD_SIZE, PMD); /* expect: error-path */ /* not-replayed: "is not a primitive" */
	return err;
}
