/* include: preamble.h */
/* The guard is asked about where the memory is, and not about where it is mapped. */
void unmap_big(pmd_t *slot, phys_addr_t pa)
{
	if (!pmd_leaf(*slot))
		return;
	pmd_clear(slot);
	if (virt_addr_valid(pa))
		update_page_count(PG_LEVEL_2M, -1); /* expect: unfiltered-region */ /* not-replayed: "no sequence" */
}
