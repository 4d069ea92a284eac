/* include: preamble.h */
/* The caller need not ask: on an empty entry no change is unsafe, so the callee never refuses where it counts. */
/* expect: nothing */
static int set_block(pud_t *slot, unsigned long pfn, pgprot_t prot)
{
	pud_t new = pfn_pud(pfn, prot);

	if (!pgattr_change_is_safe(pud_val(pudp_get(slot)), pud_val(new)))
		return 0;
	set_pud(slot, new);
	return 1;
}

void map_block(pud_t *slot, unsigned long va, unsigned long pfn, pgprot_t prot)
{
	bool first_time = pud_none(pudp_get(slot));

	set_block(slot, pfn, prot);
	if (first_time)
		lm_meminfo_add(va, PUD_SIZE, PUD);
}
