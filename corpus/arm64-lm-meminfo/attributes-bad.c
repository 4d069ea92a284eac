/* include: preamble.h */
/* A function behind attributes is checked like any other. */
int __meminit __maybe_unused map_block(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return 0;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL)); /* expect: missing-add */
	return 1;
}
