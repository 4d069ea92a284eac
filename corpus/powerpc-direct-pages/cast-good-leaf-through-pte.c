/* include: preamble.h */
/* A block is written and cleared through a pointer to a page's entry; it stays an entry of its own level. */
/* expect: nothing */
void map_block(pmd_t *dir, unsigned long ea, unsigned long pfn)
{
	pte_t *slot = pmdp_ptep(dir);

	if (!pmd_none(*dir))
		return;
	set_pte_at(&init_mm, ea, slot, pfn_pte(pfn, PAGE_KERNEL));
	update_page_count(MMU_PAGE_2M, 1);
}

void drop_huge(pud_t *top, unsigned long ea)
{
	if (!pud_leaf(*top))
		return;
	pte_clear(&init_mm, ea, (pte_t *)top);
	update_page_count(MMU_PAGE_1G, -1);
}
