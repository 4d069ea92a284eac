/* The loop gives up half way, and what it has done by then is recorded all the same. */
// expect: nothing
int back_run(pmd_t *dir, unsigned long va, unsigned long stop)
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
