/* include: preamble.h */
/* The failing branch takes the mapping back and forgets that it was counted. */
int map_and_announce(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return 0;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD); /* expect: error-path */ /* not-replayed: "is not a primitive" */
	if (announce(pfn)) {
		pmd_clear(slot);
		return -EBUSY;
	}
	return 0;
}
