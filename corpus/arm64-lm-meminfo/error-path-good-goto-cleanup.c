/* include: preamble.h */
/* One exit for success and failure, and an error code that is tested once more on the way out. */
/* expect: nothing */
int map_both(pud_t *slot, unsigned long va, unsigned long pfn)
{
	int err = 0;

	if (!pud_none(pudp_get(slot)) || !pud_none(pudp_get(slot + 1)))
		goto out;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PUD_SIZE, PUD);
	err = announce(pfn);
	if (err)
		goto undo;
	set_pud(slot + 1, pfn_pud(pfn, PAGE_KERNEL));
	lm_meminfo_add(va + PUD_SIZE, PUD_SIZE, PUD);
undo:
	if (err) {
		pud_clear(slot);
		lm_meminfo_sub(va, PUD_SIZE, PUD);
	}
out:
	return err;
}
