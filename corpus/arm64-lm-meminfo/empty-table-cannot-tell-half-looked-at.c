/* include: preamble.h */
/* Half of the entries are shown to be empty; the other half goes with the table. */
/* cannot-tell: "table" */
void free_if_half_empty(pmd_t *slot)
{
	pte_t *page = pte_offset_kernel(slot, 0UL);
	int i;

	for (i = 0; i < PTRS_PER_PTE / 2; i++) {
		if (!pte_none(__ptep_get(page + i)))
			return;
	}
	pmd_clear(slot);
	__free_page(virt_to_page(page));
}
