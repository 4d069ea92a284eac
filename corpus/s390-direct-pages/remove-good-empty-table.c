/* A table without any entry left is taken away: that unmaps nothing. */
// expect: nothing
void free_if_empty(pmd_t *slot, unsigned long start)
{
	pte_t *entry = pte_offset_kernel(slot, start);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++, entry++)
		if (!pte_none(*entry))
			return;
	page_table_free(&init_mm, (unsigned long *)pmd_deref(*slot));
	pmd_clear(slot);
}
