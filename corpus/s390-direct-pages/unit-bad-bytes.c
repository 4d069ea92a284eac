/* The counter holds entries and is given bytes. */
void map_segment(pmd_t *slot, unsigned long va)
{
	if (!pmd_none(*slot))
		return;
	set_pmd(slot, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
	update_page_count(PG_DIRECT_MAP_1M, PMD_SIZE); /* expect: wrong-amount */
}
