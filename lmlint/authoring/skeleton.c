/* EDIT: why this case is here. What is expected stands in the comments; `lmlint test --rules rules corpus` looks. */
void map_page(pte_t *slot, unsigned long pfn, pgprot_t prot)
{
	if (!pte_none(ptep_get(slot)))
		return;
	set_pte(slot, pfn_pte(pfn, prot)); /* expect: missing-add */
}

void map_block(pmd_t *slot, unsigned long pfn, pgprot_t prot)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, prot));
	count_pages(LARGE, 1);
}
