/* A physical address is turned into the virtual one before the filter sees it. */
/* include: preamble.h */
/* expect: nothing */

void map_page(pte_t *slot, phys_addr_t pa)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pte_mknoncont(pfn_pte(__phys_to_pfn(pa), PAGE_KERNEL)));
	lm_meminfo_add(__phys_to_virt(pa), PAGE_SIZE, PTE);
}
