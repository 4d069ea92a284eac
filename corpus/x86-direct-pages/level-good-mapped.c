/* include: preamble.h */
/* Each level into its own account. */
/* expect: nothing */
void map_one(pud_t *top, unsigned long va, unsigned long pfn, pgprot_t prot, bool huge)
{
	pmd_t *slot;

	if (huge) {
		if (!pud_none(*top))
			return;
		set_pud(top, pfn_pud(pfn, prot));
		update_page_count(PG_LEVEL_1G, 1);
		return;
	}
	slot = pmd_alloc(&init_mm, top, va);
	if (!slot || !pmd_none(*slot))
		return;
	set_pmd(slot, pfn_pmd(pfn, prot));
	update_page_count(PG_LEVEL_2M, 1);
}
