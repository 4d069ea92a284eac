/* Two locks, and a counter that needs none. */
/* include: pages.h */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static atomic_long_t lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		atomic_long_add(bytes, &lm_meminfo[bucket]);
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		atomic_long_sub(bytes, &lm_meminfo[bucket]);
}

static DEFINE_MUTEX(map_mutex);
static DEFINE_MUTEX(unmap_mutex);

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	mutex_lock(&map_mutex);
	put_page(slot, va, pa);
	mutex_unlock(&map_mutex);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	mutex_lock(&unmap_mutex);
	drop_page(slot, va);
	mutex_unlock(&unmap_mutex);
}
