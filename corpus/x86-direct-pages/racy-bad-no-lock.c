/* Hot-remove and a split of the same counter, and no lock that they share. */
enum pg_level { PG_LEVEL_NONE, PG_LEVEL_4K, PG_LEVEL_2M, PG_LEVEL_1G, PG_LEVEL_NUM };

static unsigned long direct_pages_count[PG_LEVEL_NUM];

void unmap_page(pte_t *slot, unsigned long va)
{
	spin_lock(&drop_lock);
	if (!pte_none(*slot)) {
		pte_clear(&init_mm, va, slot);
		direct_pages_count[PG_LEVEL_4K]--; /* expect: racy-counter */
	}
	spin_unlock(&drop_lock);
}

void map_page(pte_t *slot, unsigned long pfn)
{
	spin_lock(&fill_lock);
	if (pte_none(*slot)) {
		set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
		direct_pages_count[PG_LEVEL_4K]++;
	}
	spin_unlock(&fill_lock);
}
