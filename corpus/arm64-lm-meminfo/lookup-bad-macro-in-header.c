/* A macro of a header clears the entry, where it is used: nobody counts that. */
/* include: preamble.h */
/* lookup: header-wrappers.h */
void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	/* not-replayed: "not a primitive" */
	lm_erase_page(slot, va); // expect: missing-sub
}
