/* The walker serves the vmemmap too, and the helper does not ask what an address is. */
/* include: drop-range.h */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	lm_meminfo[bucket] += bytes;
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	lm_meminfo[bucket] -= bytes; /* expect: unfiltered-region "vmemmap_free" */
}
