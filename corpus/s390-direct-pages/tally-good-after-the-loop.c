/* The usual shape: a tally of what the loop has mapped, recorded once behind it. */
// expect: nothing
void map_run(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long made = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, __pte(__pa(va) | pgprot_val(PAGE_KERNEL)));
		made++;
	}
	update_page_count(PG_DIRECT_MAP_4K, made);
}
