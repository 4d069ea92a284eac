/* include: preamble.h */
/* What the early boot code has mapped stays uncounted for ever. */
unsigned long __meminit phys_pte_init(pte_t *table, unsigned long pa, unsigned long stop, pgprot_t prot, bool init)
{
	unsigned long made = 0;
	pte_t *slot = table + pte_index(pa);

	for (; pa < stop; pa += PAGE_SIZE, slot++) {
		if (!pte_none(*slot)) /* expect: missing-add */
			continue;
		set_pte_init(slot, pfn_pte(pa >> PAGE_SHIFT, prot), init);
		made++;
	}
	update_page_count(PG_LEVEL_4K, made);
	return pa;
}
