/* include: preamble.h */
/* The flag says whether it is the direct map that is taken away, or vmemmap, of which nothing is counted. */
/* expect: nothing */
static void drop_run(pte_t *slot, unsigned long va, unsigned long stop, bool direct)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		if (!direct)
			free_page((unsigned long)pte_page(*slot));
		pte_clear(&init_mm, va, slot);
		pages++;
	}
	if (direct)
		update_page_count(PG_LEVEL_4K, -pages);
}

void unmap_memory(pmd_t *dir, unsigned long va, unsigned long stop)
{
	drop_run(pte_offset_kernel(dir, va), va, stop, true);
}

void vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	drop_run(virt_to_kpte(start), start, end, false);
}
