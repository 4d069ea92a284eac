/* include: preamble.h */
/* The cure for the permission change: count when the entry was empty before the write, and only then. */
/* expect: nothing */
void map_block(pmd_t *slot, unsigned long va, unsigned long pfn, pgprot_t prot)
{
	pmd_t was = pmdp_get(slot);

	set_pmd(slot, pfn_pmd(pfn, prot));
	BUG_ON(!pgattr_change_is_safe(pmd_val(was), pmd_val(pmdp_get(slot))));
	if (pmd_none(was))
		lm_meminfo_add(va, PMD_SIZE, PMD);
}
