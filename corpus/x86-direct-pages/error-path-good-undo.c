/* include: preamble.h */
/* What was mapped and what was counted are both taken back. */
/* expect: nothing */
int map_and_tell(pmd_t *slot, unsigned long pfn, struct mhp_params *params)
{
	int err;

	if (!pmd_none(*slot))
		return 0;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
	update_page_count(PG_LEVEL_2M, 1);
	err = __add_pages(0, pfn, PTRS_PER_PTE, params);
	if (err)
		goto undo;
	return 0;

undo:
	pmd_clear(slot);
	update_page_count(PG_LEVEL_2M, -1);
	return err;
}
