/* The region filter is an early return here, and one helper serves both ways by the sign of a long. */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void account(unsigned long va, long bytes, enum lm_type bucket)
{
	if (!__is_lm_address(va))
		return;
	lm_meminfo[bucket] += bytes;
}

void map_block(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	account(va, PUD_SIZE, PUD);
}

void unmap_block(pud_t *slot, unsigned long va)
{
	if (!pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
	account(va, -PUD_SIZE, PUD);
}
