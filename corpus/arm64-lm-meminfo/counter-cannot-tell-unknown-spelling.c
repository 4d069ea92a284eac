/* The counter moves in a way that the rule has no pattern for: whatever that does, silence would be a lie. */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static struct percpu_counter lm_meminfo[NR_LM_TYPE];

/* cannot-tell: "lm_meminfo" */
void map_block(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	if (__is_lm_address(va))
		percpu_counter_add(&lm_meminfo[PUD], PUD_SIZE);
}
