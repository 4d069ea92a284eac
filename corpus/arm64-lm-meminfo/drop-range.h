/* Unmaps a range of pages, in the linear map or in the vmemmap, and counts by helpers that the case brings. */
static void drop_range(pte_t *slot, unsigned long va, unsigned long stop, bool vmemmap)
{
	do {
		if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
			continue;
		__pte_clear(&init_mm, va, slot);
		lm_meminfo_sub(va, PAGE_SIZE, PTE);
	} while (slot++, va += PAGE_SIZE, va < stop);
}

void unmap_linear(pte_t *slot, unsigned long va, unsigned long stop)
{
	drop_range(slot, va, stop, false);
}

void vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	drop_range(virt_to_kpte(start), start, end, true);
}
