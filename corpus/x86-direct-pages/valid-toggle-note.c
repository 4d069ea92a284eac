/* include: preamble.h */
/* A page is hidden for a while: nobody can get at it, and it stays counted. */
void hide(unsigned long va)
{
	unsigned int level;
	pte_t *slot = lookup_address(va, &level);

	if (!slot || pte_none(*slot))
		return;
	set_pte_atomic(slot, __pte(pte_val(*slot) & ~_PAGE_PRESENT)); /* expect: valid-toggle */
}

void map_big(pmd_t *slot, unsigned long pfn)
{
	if (!pmd_none(*slot))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
	update_page_count(PG_LEVEL_2M, 1);
}
