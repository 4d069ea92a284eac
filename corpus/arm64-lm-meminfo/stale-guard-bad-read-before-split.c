/* include: preamble.h */
/* The block is split, and then a value from before the split says which account its first entry is taken from. */
static void break_block(unsigned long va, pte_t *slot)
{
	int i;

	slot = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PTES);
	for (i = 0; i < CONT_PTES; i++, slot++)
		__set_pte(slot, pte_mknoncont(__ptep_get(slot)));
	lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE);
	lm_meminfo_add(va, CONT_PTE_SIZE, PTE);
}

void unmap_one(unsigned long va, pte_t *slot)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was))
		return;
	if (pte_cont(was))
		break_block(va, slot);
	__pte_clear(&init_mm, va, slot);
	if (pte_cont(was))
		lm_meminfo_sub(va, PAGE_SIZE, CONT_PTE); /* expect: stale-guard */
	else
		lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
