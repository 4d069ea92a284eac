/* include: preamble.h */
/* Pages, where the counter has entries of 2M. */
void unmap_big(pmd_t *slot)
{
	if (!pmd_leaf(*slot))
		return;
	pmd_clear(slot);
	update_page_count(PG_LEVEL_2M, -(PMD_SIZE >> PAGE_SHIFT)); /* expect: wrong-amount */
}
