/* Asks first whether the address is one of the identity mapping. */
// expect: nothing
static int split_segment(pmd_t *slot, unsigned long va, bool direct)
{
	unsigned long i, origin = pmd_val(*slot) & PMD_MASK;
	pte_t *table = vmem_pte_alloc();

	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(table + i, __pte((origin + i * PAGE_SIZE) | pgprot_val(PAGE_KERNEL)));
	pgt_set((unsigned long *)slot, __pa(table) | _SEGMENT_ENTRY, va, CRDTE_DTT_SEGMENT);
	if (direct)
		update_page_count(PG_DIRECT_MAP_1M, -1);
	if (direct)
		update_page_count(PG_DIRECT_MAP_4K, PTRS_PER_PTE);
	return 0;
}

int __set_memory(unsigned long va, unsigned long nr, unsigned long flags)
{
	pmd_t *slot = pmd_off_k(va);

	if (!pmd_leaf(*slot) || !(flags & SET_MEMORY_4K))
		return 0;
	return split_segment(slot, va, va >= __identity_base && va - __identity_base < ident_map_size);
}
