/* A loop without a test of its own: the last thing a round does is to step, to look, and to leave. */
/* include: preamble.h */
/* expect: nothing */
static void put_pages(pte_t *slot, unsigned long va, unsigned long stop, phys_addr_t pa, pgprot_t prot)
{
	for (;;) {
		pte_t was = __ptep_get(slot);

		__set_pte(slot, pfn_pte(__phys_to_pfn(pa), pte_pgprot(pte_mknoncont(was))));
		if (pte_none(was))
			lm_meminfo_add(va, PAGE_SIZE, PTE);
		BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));
		pa += PAGE_SIZE;
		if (!(slot++, va += PAGE_SIZE, va != stop))
			break;
	}
}

void map_pages(pte_t *slot, unsigned long va, unsigned long stop, phys_addr_t pa, pgprot_t prot)
{
	put_pages(slot, va, stop, pa, prot);
}
