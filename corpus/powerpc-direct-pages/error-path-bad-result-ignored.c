/* include: preamble.h */
/* The mapping may fail, and its result is looked at behind the record. */
static int map_one(pmd_t *dir, unsigned long ea, unsigned long pfn)
{
	pte_t *slot = pte_alloc_kernel(dir, ea);

	if (!slot)
		return -ENOMEM;
	set_pte_at(&init_mm, ea, slot, pfn_pte(pfn, PAGE_KERNEL));
	return 0;
}

int map_page(pmd_t *dir, unsigned long ea, unsigned long pfn)
{
	int err = map_one(dir, ea, pfn);

	update_page_count(mmu_virtual_psize, 1); /* expect: error-path */
	return err;
}
