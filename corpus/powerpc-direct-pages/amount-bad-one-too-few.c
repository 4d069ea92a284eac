/* include: preamble.h */
/* A range of blocks, less the first, by its whole length. */
void map_blocks(pmd_t *dir, unsigned long ea, unsigned long nr, unsigned long pfn)
{
	unsigned long i;

	for (i = 1; i < nr; i++, pfn += PTRS_PER_PTE)
		set_pte_at(&init_mm, ea + i * PMD_SIZE, pmdp_ptep(dir + i), pfn_pte(pfn, PAGE_KERNEL));
	update_page_count(MMU_PAGE_2M, nr); /* expect: wrong-amount */
}
