/* A flag keeps everything but the linear map out, so no filter is needed. */
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

static void drop_range(pte_t *slot, unsigned long va, unsigned long stop, bool vmemmap)
{
	do {
		if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
			continue;
		__pte_clear(&init_mm, va, slot);
		if (!vmemmap)
			lm_meminfo_sub(va, PAGE_SIZE, PTE);
	} while (slot++, va += PAGE_SIZE, va < stop);
}

void unmap_linear(pte_t *slot, unsigned long va, unsigned long stop)
{
	drop_range(slot, va, stop, false);
}

void vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	drop_range(virt_to_kpte(start), start, end, true);
}
