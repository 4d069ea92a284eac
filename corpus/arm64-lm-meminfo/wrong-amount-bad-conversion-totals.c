/* include: preamble.h */
/* A conversion takes away a whole block and gives back one page: its sub total is not its add total. */
static void break_block(unsigned long va, pte_t *slot)
{
	int i;

	slot = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PTES);
	for (i = 0; i < CONT_PTES; i++, slot++)
		__set_pte(slot, pte_mknoncont(__ptep_get(slot)));
	lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE);
	lm_meminfo_add(va, PAGE_SIZE, PTE); /* expect: wrong-amount */
}

void break_if_cont(unsigned long va, pte_t *slot)
{
	if (pte_cont(__ptep_get(slot)))
		break_block(va, slot);
}
