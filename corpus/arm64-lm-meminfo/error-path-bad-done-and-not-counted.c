/* include: preamble.h */
/* The mapping stays when a later step fails, and the failing path leaves before it is counted. */
int map_and_announce(pud_t *slot, unsigned long va, unsigned long pfn)
{
	int err;

	if (!pud_none(pudp_get(slot)))
		return 0;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL)); /* expect: error-path */ /* not-replayed: "is not a primitive" */
	err = announce(pfn);
	if (err)
		return err;
	lm_meminfo_add(va, PUD_SIZE, PUD);
	return 0;
}
