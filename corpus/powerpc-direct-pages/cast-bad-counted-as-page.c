/* include: preamble.h */
/* The pointer says page and the entry is a block's: it is counted by what the pointer says. */
void map_block(pmd_t *dir, unsigned long ea, unsigned long pfn)
{
	pte_t *slot = pmdp_ptep(dir);

	if (!pmd_none(*dir))
		return;
	set_pte_at(&init_mm, ea, slot, pfn_pte(pfn, PAGE_KERNEL));
	update_page_count(mmu_virtual_psize, 1); /* expect: wrong-account */
}
