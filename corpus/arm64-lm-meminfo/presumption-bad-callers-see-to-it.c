/* What callers in other files must see to is told on request: which lock they hold, and what the entry holds. */
/* include: preamble.h */
/* expect: presumption "its callers and `unmap_page` hold a lock in common" */
void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pte_mknoncont(pfn_pte(__phys_to_pfn(pa), PAGE_KERNEL)));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}

/* expect: presumption "its callers and `map_page` hold a lock in common" */
/* expect: presumption "`*slot` is a leaf" */
void unmap_page(pte_t *slot, unsigned long va)
{
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
