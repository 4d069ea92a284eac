/* include: preamble.h */
/* The tally grows before the guard, so that pages which were mapped already are counted anew. */
void map_run(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		pages++;
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot));
	}
	update_page_count(PG_LEVEL_4K, pages); /* expect: double-count */
}
