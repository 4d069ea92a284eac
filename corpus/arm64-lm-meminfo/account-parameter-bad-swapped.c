/* include: preamble.h */
/* From and to are swapped in one call: both accounts move, each the wrong way. */
static void move(unsigned long va, unsigned long bytes, enum lm_type from, enum lm_type to)
{
	lm_meminfo_sub(va, bytes, from);
	lm_meminfo_add(va, bytes, to);
}

static void break_ptes(unsigned long va, pte_t *slot)
{
	int i;

	slot = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PTES);
	for (i = 0; i < CONT_PTES; i++, slot++)
		__set_pte(slot, pte_mknoncont(__ptep_get(slot)));
	move(va, CONT_PTE_SIZE, PTE, CONT_PTE); /* expect: wrong-account */
}

void break_at(unsigned long va, pte_t *small)
{
	if (pte_cont(__ptep_get(small)))
		break_ptes(va, small);
}
