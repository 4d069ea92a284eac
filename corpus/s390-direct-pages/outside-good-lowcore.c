/* Pages of the absolute lowcore are no identity mapping. */
// expect: nothing
int vmem_map_4k_page(unsigned long va, unsigned long phys, pgprot_t prot)
{
	pte_t *slot = virt_to_kpte(va);

	__ptep_ipte(va, slot, 0, 0, IPTE_GLOBAL);
	set_pte(slot, mk_pte_phys(phys, prot));
	return 0;
}

void note_pages(long nr)
{
	update_page_count(PG_DIRECT_MAP_4K, nr);
}
