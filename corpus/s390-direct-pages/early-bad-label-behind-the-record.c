/* The label stands behind the record and not before it. */
int back_run(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next, made = 0;
	int err = -ENOMEM;
	pmd_t *slot = pmd_offset(dir, va);

	for (; va < stop; va = next, slot++) {
		void *block;

		next = pmd_addr_end(va, stop);
		if (!pmd_none(*slot))
			continue;
		block = vmemmap_alloc_block(PMD_SIZE, NUMA_NO_NODE);
		if (!block)
			goto out;
		set_pmd(slot, __pmd(__pa(block) | pgprot_val(SEGMENT_KERNEL))); /* expect: error-path */
		made++;
	}
	update_page_count(PG_DIRECT_MAP_1M, made);
	err = 0;
out:
	return err;
}
