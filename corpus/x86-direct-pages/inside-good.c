/* include: preamble.h */
/* Memory that is removed is taken out of the direct map, and the walk is told so. */
/* expect: nothing */
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

void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap)
{
	unsigned long va = (unsigned long)__va(start);

	drop_run(virt_to_kpte(va), va, va + size, true);
}
