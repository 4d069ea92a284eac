/* include: preamble.h */
/* One walk for both directions, and the direction is the sign. */
/* expect: nothing */
static void walk_run(pte_t *slot, unsigned long va, unsigned long stop, bool add)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (add) {
			if (!pte_none(*slot))
				continue;
			set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, PAGE_KERNEL));
		} else {
			if (pte_none(*slot))
				continue;
			pte_clear(&init_mm, va, slot);
		}
		pages++;
	}
	update_page_count(PG_LEVEL_4K, add ? pages : -pages);
}

void map_run(pmd_t *dir, unsigned long va, unsigned long stop)
{
	walk_run(pte_offset_kernel(dir, va), va, stop, true);
}

void unmap_run(pmd_t *dir, unsigned long va, unsigned long stop)
{
	walk_run(pte_offset_kernel(dir, va), va, stop, false);
}
