/* include: preamble.h */
/* A gigabyte becomes blocks of 2M; the amount is what the two sizes say. */
/* expect: nothing */
int split_huge(pud_t *top, unsigned long ea)
{
	unsigned long pfn = pud_pfn(*top);
	pmd_t *table;
	int i;

	if (!pud_leaf(*top))
		return 0;
	table = pmd_alloc_one(&init_mm, ea);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PMD; i++, pfn += PMD_SIZE >> PAGE_SHIFT)
		set_pte_at(&init_mm, ea + i * PMD_SIZE, pmdp_ptep(table + i), pfn_pte(pfn, PAGE_KERNEL));
	pud_clear(top);
	radix__flush_tlb_kernel_range(ea, ea + PUD_SIZE);
	pud_populate(&init_mm, top, table);
	update_page_count(MMU_PAGE_1G, -1);
	update_page_count(MMU_PAGE_2M, PUD_SIZE / PMD_SIZE);
	return 0;
}
