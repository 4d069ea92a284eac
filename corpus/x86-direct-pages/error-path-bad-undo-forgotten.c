/* include: preamble.h */
/* The caller is told that it failed, the mapping is gone, and the counter still has it. */
int map_and_tell(pmd_t *slot, unsigned long pfn, struct mhp_params *params)
{
	int err;

	if (!pmd_none(*slot))
		return 0;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
	update_page_count(PG_LEVEL_2M, 1); /* expect: error-path */
	err = __add_pages(0, pfn, PTRS_PER_PTE, params);
	if (err) {
		pmd_clear(slot);
		return err;
	}
	return 0;
}
