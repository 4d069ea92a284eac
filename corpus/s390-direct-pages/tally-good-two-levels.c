/* Each level keeps a tally of its own leaves. */
// expect: nothing
static void map_pages(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long made = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (pte_none(*slot)) {
			set_pte(slot, __pte(__pa(va) | pgprot_val(PAGE_KERNEL)));
			made++;
		}
	}
	update_page_count(PG_DIRECT_MAP_4K, made);
}

int map_segments(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next, made = 0;
	int err = -ENOMEM;
	pmd_t *slot = pmd_offset(dir, va);

	for (; va < stop; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (pmd_none(*slot)) {
			pte_t *table;

			if (IS_ALIGNED(va, PMD_SIZE) && IS_ALIGNED(next, PMD_SIZE)) {
				set_pmd(slot, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
				made++;
				continue;
			}
			table = vmem_pte_alloc();
			if (!table)
				goto done;
			pmd_populate(&init_mm, slot, table);
		} else if (pmd_leaf(*slot)) {
			continue;
		}
		map_pages(slot, va, next);
	}
	err = 0;
done:
	update_page_count(PG_DIRECT_MAP_1M, made);
	return err;
}
