/* Each level under its own account. */
// expect: nothing
void map_one(pte_t *page, pmd_t *segment, pud_t *region, unsigned long va)
{
	if (pte_none(*page)) {
		set_pte(page, mk_pte_phys(__pa(va), PAGE_KERNEL));
		update_page_count(PG_DIRECT_MAP_4K, 1);
	}
	if (pmd_none(*segment)) {
		set_pmd(segment, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
		update_page_count(PG_DIRECT_MAP_1M, 1);
	}
	if (pud_none(*region)) {
		set_pud(region, __pud(__pa(va) | pgprot_val(REGION3_KERNEL)));
		update_page_count(PG_DIRECT_MAP_2G, 1);
	}
}
