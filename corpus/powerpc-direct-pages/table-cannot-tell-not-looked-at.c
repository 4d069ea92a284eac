/* include: preamble.h */
/* One page is taken away, and then the table, whatever else is in it. */
/* cannot-tell: "table" */
void drop_pages(pmd_t *dir, unsigned long ea)
{
	pte_t *slot;

	if (pmd_none(*dir) || pmd_leaf(*dir))
		return;
	slot = pte_offset_kernel(dir, ea);
	if (pte_present(*slot)) {
		pte_clear(&init_mm, ea, slot);
		update_page_count(mmu_virtual_psize, -1);
	}
	pmd_clear(dir);
}
