/* include: preamble.h */
/* Nobody calls these by name: they are reached through an initialiser, and each has to balance by itself. */
/* expect: nothing */
static int drop_pud(pud_t *slot, unsigned long va, unsigned long next, struct mm_walk *walk)
{
	if (pud_leaf(pudp_get(slot))) {
		pud_clear(slot);
		lm_meminfo_sub(va, PUD_SIZE, PUD);
	}
	return 0;
}

static int drop_pte(pte_t *slot, unsigned long va, unsigned long next, struct mm_walk *walk)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was))
		return 0;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PTE);
	return 0;
}

static const struct mm_walk_ops drop_ops = {
	.pud_entry = drop_pud,
	.pte_entry = drop_pte,
};

int drop_all(unsigned long start, unsigned long end)
{
	return walk_kernel_page_table_range_lockless(start, end, &drop_ops, NULL, NULL);
}
