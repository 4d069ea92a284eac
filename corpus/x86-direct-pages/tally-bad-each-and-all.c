/* include: preamble.h */
/* Each page is recorded when it is mapped, and once more with all the others. */
void map_run(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot));
		update_page_count(PG_LEVEL_4K, 1);
		pages++;
	}
	update_page_count(PG_LEVEL_4K, pages); /* expect: double-count */
}
