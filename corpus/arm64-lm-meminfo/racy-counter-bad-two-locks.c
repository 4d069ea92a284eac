/* Two entry points, each under a lock of its own, update the counter with plain C. */
/* include: pages.h */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes; /* expect: racy-counter "under `map_mutex`" */
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}

static DEFINE_MUTEX(map_mutex);
static DEFINE_SPINLOCK(unmap_lock);

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	mutex_lock(&map_mutex);
	put_page(slot, va, pa);
	mutex_unlock(&map_mutex);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	unsigned long flags;

	spin_lock_irqsave(&unmap_lock, flags);
	drop_page(slot, va);
	spin_unlock_irqrestore(&unmap_lock, flags);
}
