/* What every case needs: the counter, for without it the rule sleeps, and the two helpers that filter and record. */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static inline void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes;
}

static inline void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}

/* A page for a table, as its physical address, or INVALID_PHYS_ADDR. */
phys_addr_t lm_pgtable_alloc(enum pgtable_level level, gfp_t gfp);
