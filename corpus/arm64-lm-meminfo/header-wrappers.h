/* A header with wrappers of primitives, one of them a macro, and with a primitive itself, whose body is nobody's business. */
static inline void pmd_clear(pmd_t *slot)
{
	set_pmd(slot, __pmd(0));
	lm_meminfo_sub(0, PMD_SIZE, PMD);
}

static inline void lm_erase_block(pmd_t *slot)
{
	pmd_clear(slot);
}

#define lm_erase_page(slot, va) __pte_clear(&init_mm, va, slot)
