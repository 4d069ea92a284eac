/* A parameter came late, and the two stubs were forgotten; a third stub lost its `static`. */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

#if IS_ENABLED(CONFIG_PROC_FS)
static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes;
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}

static void lm_meminfo_move(unsigned long va, unsigned long bytes, enum lm_type from, enum lm_type to)
{
	lm_meminfo_sub(va, bytes, from);
	lm_meminfo_add(va, bytes, to);
}
#endif

#ifndef CONFIG_PROC_FS
/* expect: missing-stub "takes 2 parameters where `CONFIG_PROC_FS` is off, and 3 parameters" */
static void lm_meminfo_add(unsigned long va, unsigned long bytes) { }
/* expect: missing-stub "takes 2 parameters" */
static inline void lm_meminfo_sub(unsigned long va, unsigned long bytes) { }
/* expect: missing-stub "is not static where `CONFIG_PROC_FS` is off" */
void lm_meminfo_move(unsigned long va, unsigned long bytes, enum lm_type from, enum lm_type to) { }
#endif

void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD);
}

void unmap_block(pmd_t *slot, unsigned long va)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was))
		return;
	if (pmd_cont(was))
		lm_meminfo_move(va, PMD_SIZE, CONT_PMD, PMD);
	pmd_clear(slot);
	lm_meminfo_sub(va, PMD_SIZE, PMD);
}
