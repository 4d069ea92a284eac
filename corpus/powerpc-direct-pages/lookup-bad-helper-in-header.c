/* The helper stands in a header, as it does in the kernel, and is told one page size too small. */
/* lookup: preamble.h */
void drop_huge(pud_t *top, unsigned long ea)
{
	if (!pud_leaf(*top))
		return;
	pte_clear(&init_mm, ea, (pte_t *)top);
	update_page_count(MMU_PAGE_2M, -1); /* expect: wrong-account */
}
