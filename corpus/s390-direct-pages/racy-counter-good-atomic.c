/* Two locks that have nothing to do with each other, and a counter that needs none. */
// expect: nothing
static DEFINE_MUTEX(split_lock);
static DEFINE_MUTEX(hotplug_lock);
static atomic_long_t direct_pages_count[PG_DIRECT_MAP_MAX];

static void update_page_count(int level, long count)
{
	atomic_long_add(count, &direct_pages_count[level]);
}

void unmap_segment(pmd_t *slot)
{
	mutex_lock(&hotplug_lock);
	if (pmd_leaf(*slot)) {
		pmd_clear(slot);
		update_page_count(PG_DIRECT_MAP_1M, -1);
	}
	mutex_unlock(&hotplug_lock);
}

void map_segment(pmd_t *slot, unsigned long va)
{
	mutex_lock(&split_lock);
	if (pmd_none(*slot)) {
		set_pmd(slot, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
		update_page_count(PG_DIRECT_MAP_1M, 1);
	}
	mutex_unlock(&split_lock);
}
