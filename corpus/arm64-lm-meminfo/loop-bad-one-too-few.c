/* include: preamble.h */
/* Off by one: the last entry of the block stays contiguous, and the books say that all of it is plain. */
static void break_block(unsigned long va, pte_t *slot)
{
	pte_t *block = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PTES);
	int i;

	for (i = 0; i < CONT_PTES - 1; i++)
		__set_pte(block + i, pte_mknoncont(__ptep_get(block + i)));
	/* expect: wrong-amount */
	lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE);
	/* expect: wrong-amount */
	lm_meminfo_add(va, CONT_PTE_SIZE, PTE);
}

void break_if_cont(unsigned long va, pte_t *slot)
{
	if (pte_cont(__ptep_get(slot)))
		break_block(va, slot);
}
