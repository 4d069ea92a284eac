/* include: preamble.h */
/* No tally at all: each page is recorded when it is mapped. */
/* expect: nothing */
void map_run(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot));
		update_page_count(PG_LEVEL_4K, 1);
	}
}
