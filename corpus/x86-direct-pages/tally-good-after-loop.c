/* include: preamble.h */
/* What the loop has done and what it has counted are sums over the same rounds. */
/* expect: nothing */
void map_run(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot));
		pages++;
	}
	update_page_count(PG_LEVEL_4K, pages);
}
