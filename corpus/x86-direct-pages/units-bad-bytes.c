/* include: preamble.h */
/* Bytes, where the counter has entries. */
void map_big(pmd_t *slot, unsigned long pfn, pgprot_t prot)
{
	if (!pmd_none(*slot))
		return;
	set_pmd(slot, pfn_pmd(pfn, prot));
	update_page_count(PG_LEVEL_2M, PMD_SIZE); /* expect: wrong-amount */
}
