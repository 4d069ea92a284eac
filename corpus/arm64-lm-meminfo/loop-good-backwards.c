/* include: preamble.h */
/* The same block, broken from its last entry to its first: the trip count comes from start, bound and direction. */
/* expect: nothing */
static void break_block(unsigned long va, pte_t *slot)
{
	pte_t *block = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PTES);
	int i;

	for (i = CONT_PTES - 1; i >= 0; i--)
		__set_pte(block + i, pte_mknoncont(__ptep_get(block + i)));
	lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE);
	lm_meminfo_add(va, CONT_PTE_SIZE, PTE);
}

void break_if_cont(unsigned long va, pte_t *slot)
{
	if (pte_cont(__ptep_get(slot)))
		break_block(va, slot);
}
