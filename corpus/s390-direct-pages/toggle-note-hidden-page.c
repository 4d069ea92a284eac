/* A page is made invalid for a while. It stays the page of its entry, and stays counted. */
void hide_page(pte_t *slot, unsigned long va)
{
	pte_t now = *slot;

	if (pte_none(now))
		return;
	now = set_pte_bit(now, __pgprot(_PAGE_INVALID));
	pgt_set((unsigned long *)slot, pte_val(now), va, CRDTE_DTT_PAGE); /* expect: valid-toggle */
}

void note_pages(long nr)
{
	update_page_count(PG_DIRECT_MAP_4K, nr);
}
