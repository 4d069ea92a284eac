/* A header with a function that counts only half of what it clears, and with one that never counts. */
static inline void lm_drop_block(pmd_t *slot, unsigned long va)
{
	if (!pmd_leaf(pmdp_get(slot)))
		return;
	if (!pmd_cont(pmdp_get(slot)))
		lm_meminfo_sub(va, PMD_SIZE, PMD);
	pmd_clear(slot); // expect: missing-sub "CONT_PMD"
}

static inline void lm_erase_page(pte_t *slot, unsigned long va)
{
	__pte_clear(&init_mm, va, slot);
}
