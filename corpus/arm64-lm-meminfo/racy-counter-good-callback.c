/* A walker calls back while its caller holds the lock. */
/* include: preamble.h */
/* include: pages.h */
/* expect: nothing */

static DEFINE_MUTEX(map_mutex);

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
