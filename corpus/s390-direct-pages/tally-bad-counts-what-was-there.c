/* The tally also takes in the pages that were mapped already: the `continue` is gone, and only the write is guarded. */
void map_run(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long made = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (pte_none(*slot))
			set_pte(slot, __pte(__pa(va) | pgprot_val(PAGE_KERNEL)));
		made++;
	}
	update_page_count(PG_DIRECT_MAP_4K, made); /* expect: double-count */
}
