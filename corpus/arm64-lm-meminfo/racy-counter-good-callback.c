/* A walker calls back while its caller holds the lock. */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes;
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}

static DEFINE_MUTEX(map_mutex);

static void put_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pte_mknoncont(pfn_pte(__phys_to_pfn(pa), PAGE_KERNEL)));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}

static void drop_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}

static int drop_entry(pte_t *slot, unsigned long va, unsigned long next, struct mm_walk *walk)
{
	drop_page(slot, va);
	return 0;
}

static const struct mm_walk_ops drop_ops = {
	.pte_entry = drop_entry,
};

static int walk_with(const struct mm_walk_ops *ops, unsigned long start, unsigned long end)
{
	return walk_kernel_page_table_range(start, end, ops, NULL, NULL);
}

int unmap_range(unsigned long start, unsigned long end)
{
	int ret;

	mutex_lock(&map_mutex);
	ret = walk_with(&drop_ops, start, end);
	mutex_unlock(&map_mutex);
	return ret;
}

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	mutex_lock(&map_mutex);
	put_page(slot, va, pa);
	mutex_unlock(&map_mutex);
}
