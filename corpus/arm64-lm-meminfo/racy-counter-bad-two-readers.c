/* A lock that both only share keeps neither out. */
/* include: pages.h */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes; /* expect: racy-counter "(shared)" */
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}

static DECLARE_RWSEM(map_sem);

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	down_read(&map_sem);
	put_page(slot, va, pa);
	up_read(&map_sem);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	guard(rwsem_read)(&map_sem);
	drop_page(slot, va);
}
