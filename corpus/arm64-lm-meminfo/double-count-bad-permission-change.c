/* include: preamble.h */
/*
 * A mapped block is written again to change its permissions. No byte of memory starts to be mapped, and the
 * counter grows all the same.
 */
void map_block(pmd_t *slot, unsigned long va, unsigned long pfn, pgprot_t prot)
{
	pmd_t was = pmdp_get(slot);

	set_pmd(slot, pfn_pmd(pfn, prot));
	BUG_ON(!pgattr_change_is_safe(pmd_val(was), pmd_val(pmdp_get(slot))));
	lm_meminfo_add(va, PMD_SIZE, PMD); /* expect: double-count */
}
