/* A callee fails after it has recorded its part; the caller records its own and hands the error on. */
// expect: nothing
static int back_pages(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long made = 0;
	int err = -ENOMEM;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		void *page;

		if (!pte_none(*slot))
			continue;
		page = (void *)__get_free_page(GFP_KERNEL);
		if (!page)
			goto out;
		set_pte(slot, __pte(__pa(page) | pgprot_val(PAGE_KERNEL)));
		made++;
	}
	err = 0;
out:
	update_page_count(PG_DIRECT_MAP_4K, made);
	return err;
}

int back_segments(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next, made = 0;
	int err = 0;
	pmd_t *slot = pmd_offset(dir, va);

	for (; va < stop && !err; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (pmd_none(*slot)) {
			set_pmd(slot, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
			made++;
		} else if (!pmd_leaf(*slot)) {
			err = back_pages(slot, va, next);
		}
	}
	update_page_count(PG_DIRECT_MAP_1M, made);
	return err;
}
