/* include: preamble.h */
/* Every entry of the table was seen to be empty, so with the table nothing goes that was counted. */
/* expect: nothing */
bool free_table(pmd_t *dir)
{
	pte_t *table = (pte_t *)pmd_page_vaddr(*dir);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_none(table[i]))
			return false;
	pmd_clear(dir);
	return true;
}

void unmap_and_free(pmd_t *dir, unsigned long va)
{
	pte_t *slot = pte_offset_kernel(dir, va);

	if (pte_none(*slot))
		return;
	pte_clear(&init_mm, va, slot);
	update_page_count(PG_LEVEL_4K, -1);
	free_table(dir);
}
