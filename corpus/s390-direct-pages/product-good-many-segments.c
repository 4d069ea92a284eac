/* The amount is a product: each segment that is split brings as many pages as a table has entries. */
// expect: nothing
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
	update_page_count(PG_DIRECT_MAP_1M, -done);
	update_page_count(PG_DIRECT_MAP_4K, done * PTRS_PER_PTE);
	return err;
}
