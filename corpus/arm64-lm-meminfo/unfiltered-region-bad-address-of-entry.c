/* The filter is asked about the entry's own address instead of the one that it maps. */
/* include: preamble.h */

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pte_mknoncont(pfn_pte(__phys_to_pfn(pa), PAGE_KERNEL)));
	lm_meminfo_add((unsigned long)slot, PAGE_SIZE, PTE); /* expect: unfiltered-region "the entry itself" */
}
