/* include: preamble.h */
/* The leak that hot-remove had before it was handled: the page goes and its bytes stay in the counter. */
void unmap_page(pte_t *slot, unsigned long va)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was) || pte_cont(was))
		return;
	__pte_clear(&init_mm, va, slot); /* expect: missing-sub */
}
