/* include: preamble.h */
/* Every round counts its entry, and all of them are counted once more where the run is over or is cut short. */
int map_run_twice(pmd_t *slot, unsigned long pfn, int many)
{
	unsigned long big = 0;
	int i, err = 0;

	for (i = 0; i < many; i++) {
		if (!pmd_none(slot[i])) {
			err = -EBUSY;
			break;
		}
		set_pmd(slot + i, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
		update_page_count(PG_LEVEL_2M, 1);
		big++;
	}
	update_page_count(PG_LEVEL_2M, big); /* expect: double-count */
	return err;
}
