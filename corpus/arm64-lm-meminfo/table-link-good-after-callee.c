/* A callee maps and counts in a new table, and its caller links the table. */
/* include: preamble.h */
/* include: put-pages.h */
/* expect: nothing */
int map_pages(pmd_t *dir, unsigned long va, unsigned long stop, phys_addr_t pa, gfp_t gfp)
{
	phys_addr_t table;
	pte_t *slot;

	if (!pmd_none(pmdp_get(dir)))
		return -EEXIST;
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	slot = phys_to_virt(table);
	put_pages(slot, va, stop, pa);
	__pmd_populate(dir, table, PMD_TYPE_TABLE);
	return 0;
}
