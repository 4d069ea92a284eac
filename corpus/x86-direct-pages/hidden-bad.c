/* The counter and its helper are in another file: the rule says what the helper does. */
void map_big(pmd_t *slot, unsigned long pfn, pgprot_t prot)
{
	if (!pmd_none(*slot))
		return;
	set_pmd(slot, pfn_pmd(pfn, prot));
	update_page_count(PG_LEVEL_1G, 1); /* expect: wrong-account */
}

void unmap_page(unsigned long va, pte_t *slot)
{
	pte_t was = ptep_get_and_clear(&init_mm, va, slot); /* expect: missing-sub */

	if (pte_none(was))
		pr_debug("nothing there\n");
}
