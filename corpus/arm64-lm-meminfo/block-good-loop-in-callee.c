/* The loop over a contiguous block stands in a callee that is handed its first entry. */
/* include: preamble.h */
/* expect: nothing */
static void make_plain(pmd_t *first)
{
	int i;

	for (i = 0; i < CONT_PMDS; i++, first++)
		set_pmd(first, pmd_mknoncont(pmdp_get(first)));
}

static void split_cont(unsigned long va, pmd_t *slot)
{
	lm_meminfo_sub(va, CONT_PMD_SIZE, CONT_PMD);
	make_plain(PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PMDS));
	lm_meminfo_add(va, CONT_PMD_SIZE, PMD);
}

void unmap_block(unsigned long va, pmd_t *slot)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was))
		return;
	if (pmd_cont(was))
		split_cont(va, slot);
	pmd_clear(slot);
	lm_meminfo_sub(va, PMD_SIZE, PMD);
}
