/* Also handed the image of the kernel, whose pages nobody has counted: what is split there is counted all the same. */
static int split_segment(pmd_t *slot, unsigned long va)
{
	unsigned long i, origin = pmd_val(*slot) & PMD_MASK;
	pte_t *table = vmem_pte_alloc();

	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(table + i, __pte((origin + i * PAGE_SIZE) | pgprot_val(PAGE_KERNEL)));
	pgt_set((unsigned long *)slot, __pa(table) | _SEGMENT_ENTRY, va, CRDTE_DTT_SEGMENT);
	update_page_count(PG_DIRECT_MAP_1M, -1); /* expect: unfiltered-region */
	update_page_count(PG_DIRECT_MAP_4K, PTRS_PER_PTE);
	return 0;
}

int __set_memory(unsigned long va, unsigned long nr, unsigned long flags)
{
	pmd_t *slot = pmd_off_k(va);

	if (!pmd_leaf(*slot) || !(flags & SET_MEMORY_4K))
		return 0;
	return split_segment(slot, va);
}
