/* include: preamble.h */
/* Other permissions for what is mapped: the leaf stays what it is, and so does the counter. */
/* expect: nothing */
void take_write_away(pmd_t *dir, unsigned long ea)
{
	if (pmd_leaf(*dir))
		radix__pte_update(&init_mm, ea, pmdp_ptep(dir), _PAGE_WRITE, 0, 0);
}

void drop_page(pte_t *slot, unsigned long ea)
{
	pte_t was = ptep_get_and_clear(&init_mm, ea, slot);

	if (pte_present(was))
		update_page_count(mmu_virtual_psize, -1);
}
