/* It records what it was asked for, and not what it has done before memory ran out. */
int split_run(pmd_t *slot, unsigned long nr)
{
	unsigned long done;
	int err = 0;

	for (done = 0; done < nr; done++, slot++) {
		unsigned long i, origin = pmd_val(*slot) & PMD_MASK;
		pte_t *table;

		BUG_ON(!pmd_leaf(*slot));
		table = vmem_pte_alloc();
		if (!table) {
			err = -ENOMEM;
			break;
		}
		for (i = 0; i < PTRS_PER_PTE; i++)
			set_pte(table + i, __pte((origin + i * PAGE_SIZE) | pgprot_val(PAGE_KERNEL)));
		pmd_populate(&init_mm, slot, table);
	}
	update_page_count(PG_DIRECT_MAP_1M, -nr);
	update_page_count(PG_DIRECT_MAP_4K, nr * PTRS_PER_PTE); /* expect: error-path */
	return err;
}
