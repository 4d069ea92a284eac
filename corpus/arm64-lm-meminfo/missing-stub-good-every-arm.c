/* Stubs in a block of their own, under a name for the option; and callers that need none. */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

#if defined(CONFIG_PROC_FS) && !defined(LM_QUIET)
#define LM_COUNTED
#endif

#ifdef LM_COUNTED
static unsigned long lm_meminfo[NR_LM_TYPE];

static inline void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes;
}

static void lm_meminfo_sub(long unsigned int va, unsigned long bytes, enum lm_type bucket)
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

#ifndef LM_COUNTED
static void lm_meminfo_add(unsigned long va, unsigned long size, enum lm_type type) { }
static __always_inline void lm_meminfo_sub(unsigned long va, unsigned long int bytes, enum lm_type bucket) { }
#endif

void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, PMD);
}

#ifdef CONFIG_MEMORY_HOTREMOVE
void unmap_block(pmd_t *slot, unsigned long va)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was))
		return;
	pmd_clear(slot);
	lm_meminfo_sub(va, PMD_SIZE, pmd_cont(was) ? CONT_PMD : PMD);
}

#ifdef LM_COUNTED
void lm_meminfo_plain(unsigned long va)
{
	lm_meminfo_move(va, CONT_PMD_SIZE, CONT_PMD, PMD);
}
#endif
#endif
