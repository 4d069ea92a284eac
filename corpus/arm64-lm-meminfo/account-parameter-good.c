/* include: preamble.h */
/* The account is a parameter: such a helper is read again for every call, and each call is a ledger of its own. */
/* expect: nothing */
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
	move(va, CONT_PTE_SIZE, CONT_PTE, PTE);
}

static void break_pmds(unsigned long va, pmd_t *slot)
{
	int i;

	slot = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PMDS);
	for (i = 0; i < CONT_PMDS; i++, slot++)
		set_pmd(slot, pmd_mknoncont(pmdp_get(slot)));
	move(va, CONT_PMD_SIZE, CONT_PMD, PMD);
}

void break_at(unsigned long va, pmd_t *big, pte_t *small)
{
	if (pmd_cont(pmdp_get(big)))
		break_pmds(va, big);
	if (pte_cont(__ptep_get(small)))
		break_ptes(va, small);
}
