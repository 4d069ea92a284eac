/* include: preamble.h */
/* The walker asks the flag, and vmemmap says of itself that it is the linear mapping. */
static void drop_block(pmd_t *dir, unsigned long ea, bool direct)
{
	if (!pmd_leaf(*dir))
		return;
	pte_clear(&init_mm, ea, (pte_t *)dir);
	if (direct)
		update_page_count(MMU_PAGE_2M, -1);
}

int radix__remove_section_mapping(unsigned long start, unsigned long end)
{
	drop_block(pmd_off_k(start), start, true);
	return 0;
}

void radix__vmemmap_remove_mapping(unsigned long start, unsigned long page_size)
{
	drop_block(pmd_off_k(start), start, true); /* expect: unfiltered-region */
}
