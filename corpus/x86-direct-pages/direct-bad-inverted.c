/* include: preamble.h */
/* The flag is asked for the contrary: the direct map is never counted down, vmemmap always. */
static void drop_run(pte_t *slot, unsigned long va, unsigned long stop, bool direct)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		pte_clear(&init_mm, va, slot); /* expect: missing-sub */
		pages++;
	}
	if (!direct)
		update_page_count(PG_LEVEL_4K, -pages); /* expect: unfiltered-region */
}

void unmap_memory(pmd_t *dir, unsigned long va, unsigned long stop)
{
	drop_run(pte_offset_kernel(dir, va), va, stop, true);
}

void vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	drop_run(virt_to_kpte(start), start, end, false);
}
