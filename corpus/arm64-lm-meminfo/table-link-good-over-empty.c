/* include: preamble.h */
/* A link to an empty table over an empty entry, and the link taken down again: tables are no leaves. */
/* expect: nothing */
/* summary: nothing */
int make_room(pmd_t *slot, gfp_t gfp)
{
	phys_addr_t table;

	if (!pmd_none(pmdp_get(slot)))
		return 0;
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	clear_page(phys_to_virt(table));
	__pmd_populate(slot, table, PMD_TYPE_TABLE);
	return 0;
}
