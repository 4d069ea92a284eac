/* include: preamble.h */
/* A block becomes as many pages as a table of PTEs has entries; with 64K pages that is not PTRS_PER_PMD. */
int split_block(pmd_t *dir, unsigned long ea)
{
	unsigned long pfn = pmd_pfn(*dir);
	pte_t *table;
	int i;

	if (!pmd_leaf(*dir))
		return 0;
	table = pte_alloc_one_kernel(&init_mm);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte_at(&init_mm, ea + i * PAGE_SIZE, table + i, pfn_pte(pfn + i, PAGE_KERNEL));
	pmd_clear(dir);
	radix__flush_tlb_kernel_range(ea, ea + PMD_SIZE);
	pmd_populate_kernel(&init_mm, dir, table);
	update_page_count(MMU_PAGE_2M, -1);
	update_page_count(mmu_virtual_psize, PTRS_PER_PMD); /* expect: wrong-amount */
	return 0;
}
