/* Two locks, and a third around every update. */
/* include: pages.h */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];
static DEFINE_SPINLOCK(count_lock);

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	unsigned long flags;

	if (!__is_lm_address(va))
		return;
	spin_lock_irqsave(&count_lock, flags);
	lm_meminfo[bucket] += bytes;
	spin_unlock_irqrestore(&count_lock, flags);
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	guard(spinlock_irqsave)(&count_lock);
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
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
