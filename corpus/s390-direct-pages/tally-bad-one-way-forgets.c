/* Two ways to map a page, and only one of them is counted. */
void map_run(pmd_t *dir, unsigned long va, unsigned long stop, bool locked_down)
{
	unsigned long made = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		if (locked_down) {
			set_pte(slot, __pte(__pa(va) | pgprot_val(PAGE_KERNEL_RO))); /* expect: missing-add */
			continue;
		}
		set_pte(slot, __pte(__pa(va) | pgprot_val(PAGE_KERNEL)));
		made++;
	}
	update_page_count(PG_DIRECT_MAP_4K, made);
}
