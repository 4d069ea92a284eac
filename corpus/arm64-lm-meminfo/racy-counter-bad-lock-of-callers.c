/* What callers outside the file hold stands in the rule: hot-remove comes with mem_hotplug_lock. */
/* include: pages.h */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes; /* expect: racy-counter "under `mem_hotplug_lock`" */
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

void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap)
{
	pte_t *slot = virt_to_kpte(__phys_to_virt(start));

	drop_page(slot, __phys_to_virt(start));
}
