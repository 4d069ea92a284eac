/* include: preamble.h */
/* A callback that only an initialiser names has no caller in sight to settle its books. */
static int drop_pud(pud_t *slot, unsigned long va, unsigned long next, struct mm_walk *walk)
{
	if (pud_leaf(pudp_get(slot)))
		pud_clear(slot); /* expect: missing-sub */
	return 0;
}

static const struct mm_walk_ops drop_ops = {
	.pud_entry = drop_pud,
};

int drop_all(unsigned long start, unsigned long end)
{
	return walk_kernel_page_table_range_lockless(start, end, &drop_ops, NULL, NULL);
}
