/* include: preamble.h */
/* The table goes once every entry of it has been seen to hold nothing. */
/* expect: nothing */
static void drop_table(pte_t *table, pmd_t *dir)
{
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_none(table[i]))
			return;
	pte_free_kernel(&init_mm, table);
	pmd_clear(dir);
}

void drop_pages(pmd_t *dir, unsigned long ea)
{
	pte_t *table, *slot;

	if (pmd_none(*dir) || pmd_leaf(*dir))
		return;
	table = (pte_t *)pmd_page_vaddr(*dir);
	slot = table + pte_index(ea);
	if (pte_present(*slot)) {
		pte_clear(&init_mm, ea, slot);
		update_page_count(mmu_virtual_psize, -1);
	}
	drop_table(table, dir);
}
