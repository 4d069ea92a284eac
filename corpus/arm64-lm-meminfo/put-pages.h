/* Maps what is empty of a range, page by page, and counts it. */
static void put_pages(pte_t *slot, unsigned long va, unsigned long stop, phys_addr_t pa)
{
	do {
		if (pte_none(__ptep_get(slot))) {
			__set_pte(slot, pte_mknoncont(pfn_pte(__phys_to_pfn(pa), PAGE_KERNEL)));
			lm_meminfo_add(va, PAGE_SIZE, PTE);
		}
		pa += PAGE_SIZE;
	} while (slot++, va += PAGE_SIZE, va != stop);
}
