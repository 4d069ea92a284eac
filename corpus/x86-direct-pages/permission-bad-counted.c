/* include: preamble.h */
/* New permissions for what is mapped, counted as if it were mapped anew. */
void paint(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		pte_t was = *slot;

		if (pte_none(was))
			continue;
		set_pte_atomic(slot, pfn_pte(pte_pfn(was), prot));
		pages++;
	}
	update_page_count(PG_LEVEL_4K, pages); /* expect: double-count */
}
