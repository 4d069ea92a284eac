/* include: preamble.h */
/*
 * Reading the entries of the table below says that there is a table, and the loop over all of them that they are
 * empty. Clearing the link then unmaps nothing.
 */
/* expect: nothing */
/* summary: nothing */
void free_if_empty(pmd_t *slot)
{
	pte_t *page = pte_offset_kernel(slot, 0UL);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++) {
		if (!pte_none(__ptep_get(&page[i])))
			return;
	}
	pmd_clear(slot);
	__free_page(virt_to_page(page));
}
