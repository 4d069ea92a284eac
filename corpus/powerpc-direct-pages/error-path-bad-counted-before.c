/* include: preamble.h */
/* Counted first, mapped after: where there is no memory for the table, a page is counted that nobody mapped. */
int map_page(pmd_t *dir, unsigned long ea, unsigned long pfn)
{
	pte_t *slot;

	update_page_count(mmu_virtual_psize, 1); /* expect: error-path */
	slot = pte_alloc_kernel(dir, ea);
	if (!slot)
		return -ENOMEM;
	set_pte_at(&init_mm, ea, slot, pfn_pte(pfn, PAGE_KERNEL));
	return 0;
}
