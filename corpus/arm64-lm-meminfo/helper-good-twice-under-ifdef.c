/* Where counting is off the helpers are empty twins. The twin with a body is the one to read, whichever comes first. */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

#ifndef CONFIG_PROC_FS
static inline void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket) { }
static inline void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket) { }
#else
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
#endif

void map_block(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PUD_SIZE, PUD);
}

void unmap_block(pud_t *slot, unsigned long va)
{
	if (!pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
	lm_meminfo_sub(va, PUD_SIZE, PUD);
}
