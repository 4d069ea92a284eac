/* A guard holds its lock until its block ends, and the update stands behind that end. */
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

static DEFINE_MUTEX(map_mutex);

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	guard(mutex)(&map_mutex);
	put_page(slot, va, pa);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	scoped_guard(mutex, &map_mutex) {
		if (pte_none(__ptep_get(slot)))
			return;
	}
	drop_page(slot, va);
}
