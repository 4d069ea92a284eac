/* include: preamble.h */
/* Bits can make a table, a leaf or nothing: the first of these counts nothing, the second one, the third takes it back. */
/* expect: nothing */
void three_ways(pmd_t *slot, unsigned long pa, int how)
{
	pte_t *table;

	if (!pmd_none(*slot))
		return;
	if (how == 0) {
		table = (pte_t *)get_zeroed_page(GFP_KERNEL);
		if (table)
			set_pmd(slot, __pmd(__pa(table) | _KERNPG_TABLE));
		return;
	}
	set_pmd(slot, __pmd(pa | _PAGE_PRESENT | _PAGE_RW | _PAGE_PSE));
	update_page_count(PG_LEVEL_2M, 1);
	if (how == 2) {
		set_pmd(slot, __pmd(0));
		update_page_count(PG_LEVEL_2M, -1);
	}
}
