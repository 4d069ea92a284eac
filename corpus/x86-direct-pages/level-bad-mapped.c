/* include: preamble.h */
/* A gigabyte is mapped, and 2M are counted. */
void map_huge(pud_t *slot, unsigned long pfn, pgprot_t prot)
{
	if (!pud_none(*slot))
		return;
	set_pud(slot, pfn_pud(pfn, prot));
	update_page_count(PG_LEVEL_2M, 1); /* expect: wrong-account */
}
