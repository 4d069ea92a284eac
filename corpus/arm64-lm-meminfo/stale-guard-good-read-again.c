/* include: preamble.h */
/* The entry is read again after the split: the new value is a new version and knows the truth. */
/* expect: nothing */
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
	pte_t now = __ptep_get(slot);

	if (pte_none(now))
		return;
	if (pte_cont(now))
		break_block(va, slot);
	now = __ptep_get(slot);
	__pte_clear(&init_mm, va, slot);
	if (pte_cont(now))
		lm_meminfo_sub(va, PAGE_SIZE, CONT_PTE);
	else
		lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
