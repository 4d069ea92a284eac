/* The counter is atomic and has patterns of its own in the rule: add and sub, each guarded by the region. */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static atomic_long_t lm_meminfo[NR_LM_TYPE];

void map_block(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	if (__is_lm_address(va))
		atomic_long_add(PUD_SIZE, &lm_meminfo[PUD]);
}

void unmap_block(pud_t *slot, unsigned long va)
{
	if (!pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
	if (__is_lm_address(va))
		atomic_long_sub(PUD_SIZE, &lm_meminfo[PUD]);
}
