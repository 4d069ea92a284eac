/* Nothing in this file serves another region. */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	lm_meminfo[bucket] += bytes;
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	lm_meminfo[bucket] -= bytes;
}

void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
