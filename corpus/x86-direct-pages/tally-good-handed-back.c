/* include: preamble.h */
/* The callee says how many it has mapped; whoever called it records. */
/* expect: nothing */
static unsigned long fill(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long made = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot));
		made++;
	}
	return made;
}

void map_run(pmd_t *dir, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long pages = fill(pte_offset_kernel(dir, va), va, stop, prot);

	update_page_count(PG_LEVEL_4K, pages);
}
