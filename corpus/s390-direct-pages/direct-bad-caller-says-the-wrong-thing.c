/* The walker is right; a caller that unmaps the identity mapping says that it does not. */
static void drop_segments(pud_t *dir, unsigned long va, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;
	pmd_t *slot = pmd_offset(dir, va);

	for (; va < stop; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (!pmd_leaf(*slot))
			continue;
		pmd_clear(slot);
		gone++;
	}
	if (direct)
		update_page_count(PG_DIRECT_MAP_1M, -gone);
}

void vmem_remove_mapping(unsigned long start, unsigned long size)
{
	unsigned long va = (unsigned long)__va(start);

	drop_segments(pud_offset(p4d_offset(pgd_offset_k(va), va), va), va, va + size, false); /* expect: missing-sub */ /* not-replayed: "no sequence" */
}
