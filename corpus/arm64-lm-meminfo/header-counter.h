/* A header with the counter of another file, its helpers, and what is made of them. */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

extern unsigned long lm_meminfo[NR_LM_TYPE];

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

#define LM_PAGES_AT_ONCE 4

static inline bool lm_is_page(pte_t entry)
{
	return !pte_none(entry) && !pte_cont(entry);
}

static inline void lm_drop_page(pte_t *slot, unsigned long va)
{
	if (!lm_is_page(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
