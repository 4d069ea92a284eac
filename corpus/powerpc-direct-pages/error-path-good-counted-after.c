/* include: preamble.h */
/* Counted where the entry is written, behind every way out. */
/* expect: nothing */
int map_page(pmd_t *dir, unsigned long ea, unsigned long pfn)
{
	pte_t *slot = pte_alloc_kernel(dir, ea);

	if (!slot)
		return -ENOMEM;
	set_pte_at(&init_mm, ea, slot, pfn_pte(pfn, PAGE_KERNEL));
	update_page_count(mmu_virtual_psize, 1);
	return 0;
}
