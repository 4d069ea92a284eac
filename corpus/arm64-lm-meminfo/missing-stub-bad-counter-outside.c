/* The counter is declared in one arm and moved outside it. That IS_ENABLED() guards it is no help to the compiler. */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

#ifdef CONFIG_PROC_FS
static unsigned long lm_meminfo[NR_LM_TYPE];
#endif

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (IS_ENABLED(CONFIG_PROC_FS) && __is_lm_address(va))
		lm_meminfo[bucket] += bytes; /* expect: missing-stub "`lm_meminfo` is not declared there" */
}

void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD);
}
