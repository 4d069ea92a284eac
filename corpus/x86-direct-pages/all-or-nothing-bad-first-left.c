/* include: preamble.h */
/* The undo stops before the first entry, which stays mapped and uncounted. */
int map_all(pmd_t *slot, unsigned long pfn, int many)
{
	int i;

	for (i = 0; i < many; i++) {
		if (!pmd_none(slot[i]))
			goto undo;
		set_pmd(slot + i, pfn_pmd(pfn, PAGE_KERNEL_LARGE)); /* expect: error-path */
	}
	update_page_count(PG_LEVEL_2M, many);
	return 0;

undo:
	while (--i > 0)
		pmd_clear(slot + i);
	return -EBUSY;
}
