/* include: preamble.h */
/* The callee is right; who frees vmemmap tells it that this is the direct map. */
static void drop_run(pte_t *slot, unsigned long va, unsigned long stop, bool direct)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		pte_clear(&init_mm, va, slot);
		pages++;
	}
	if (direct)
		update_page_count(PG_LEVEL_4K, -pages);
}

void vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	drop_run(virt_to_kpte(start), start, end, true); /* expect: unfiltered-region */
}
