/* The tally is recorded and set back in between; what is left is recorded after the loop. */
// expect: nothing
void map_run(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long made = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot)) {
			update_page_count(PG_DIRECT_MAP_4K, made);
			made = 0;
			continue;
		}
		set_pte(slot, __pte(__pa(va) | pgprot_val(PAGE_KERNEL)));
		made++;
	}
	update_page_count(PG_DIRECT_MAP_4K, made);
}
