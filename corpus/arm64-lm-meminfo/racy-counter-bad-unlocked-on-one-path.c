/* A path that did not get the lock goes on without it. */
/* include: pages.h */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes; /* expect: racy-counter "under no lock" */
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}

static DEFINE_SPINLOCK(map_lock);

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	spin_lock_bh(&map_lock);
	put_page(slot, va, pa);
	spin_unlock_bh(&map_lock);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	bool locked = spin_trylock(&map_lock);

	drop_page(slot, va);
	if (locked)
		spin_unlock(&map_lock);
}
