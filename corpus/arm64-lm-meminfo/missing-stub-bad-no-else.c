/* The helpers are there with CONFIG_PROC_FS only, one of their callers is there without memory hotplug as well. */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

#ifdef CONFIG_PROC_FS
static unsigned long lm_meminfo[NR_LM_TYPE];

/* expect: missing-stub "`lm_meminfo_add` is not defined where `CONFIG_PROC_FS` is off" */
static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes;
}

/* expect: missing-stub "`unmap_block` uses it there" */
static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}
#endif

void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD);
}

#ifdef CONFIG_MEMORY_HOTPLUG
void unmap_block(pmd_t *slot, unsigned long va)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was))
		return;
	pmd_clear(slot);
	lm_meminfo_sub(va, PMD_SIZE, pmd_cont(was) ? CONT_PMD : PMD);
}
#endif
