/* The loop gives up half way and returns: the pages that it has mapped by then are never counted. */
int back_run(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long made = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		void *page;

		if (!pte_none(*slot))
			continue;
		page = (void *)__get_free_page(GFP_KERNEL);
		if (!page)
			return -ENOMEM;
		set_pte(slot, __pte(__pa(page) | pgprot_val(PAGE_KERNEL))); /* expect: error-path */
		made++;
	}
	update_page_count(PG_DIRECT_MAP_4K, made);
	return 0;
}
