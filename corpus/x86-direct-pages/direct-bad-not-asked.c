/* include: preamble.h */
/* Nobody asks the flag, and what is freed of vmemmap is taken from the counter. */
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
