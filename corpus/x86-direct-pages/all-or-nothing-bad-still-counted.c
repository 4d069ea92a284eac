/* include: preamble.h */
/* Every round counts what it maps, and the undo clears the entries alone. */
int map_all(pmd_t *slot, unsigned long pfn, int many)
{
	int i;

	for (i = 0; i < many; i++) {
		if (!pmd_none(slot[i]))
			goto undo;
		set_pmd(slot + i, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
		update_page_count(PG_LEVEL_2M, 1);
	}
	return 0;

undo:
	while (--i >= 0)
		pmd_clear(slot + i); /* expect: error-path */
	return -EBUSY;
}
