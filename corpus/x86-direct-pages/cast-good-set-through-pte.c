/* include: preamble.h */
/* A cast changes the type of a pointer and not what the entry is: this one maps 2M. */
/* expect: nothing */
void map_big(pud_t *dir, unsigned long va, pgprot_t prot)
{
	pmd_t *slot = pmd_offset(dir, va);

	if (!pmd_none(*slot))
		return;
	set_pte((pte_t *)slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot));
	update_page_count(PG_LEVEL_2M, 1);
}
