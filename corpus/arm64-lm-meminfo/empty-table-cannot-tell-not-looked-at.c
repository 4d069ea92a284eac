/* include: preamble.h */
/* The link to a table is cleared without a look at what is below it: all its pages are unmapped, unseen. */
/* cannot-tell: "table" */
void free_table(pmd_t *slot)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_table(was))
		return;
	pmd_clear(slot);
	__free_page(pmd_page(was));
}
