/* include: preamble.h */
/* A table takes the place of an entry that maps 2M: that one is mapped no more. */
void make_table(pmd_t *slot)
{
	pte_t *table;

	if (pmd_present(*slot) && !pmd_leaf(*slot))
		return;
	table = (pte_t *)get_zeroed_page(GFP_KERNEL);
	if (!table)
		return;
	pmd_populate_kernel(&init_mm, slot, table); /* expect: missing-sub */
}
