/* include: preamble.h */
/* The entry maps 2M, whatever the pointer to it was cast to. */
void map_big(pud_t *dir, unsigned long va, pgprot_t prot)
{
	pmd_t *slot = pmd_offset(dir, va);

	if (!pmd_none(*slot))
		return;
	set_pte((pte_t *)slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot));
	update_page_count(PG_LEVEL_4K, 1); /* expect: wrong-account */
}
