/* What a header counts in part is wrong in the header; what it leaves to its callers is wrong in the caller. */
/* include: preamble.h */
/* lookup: header-forgets.h */
void unmap_blocks(pmd_t *slot, unsigned long va)
{
	lm_drop_block(slot, va);
	lm_drop_block(slot + 1, va + PMD_SIZE);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	/* not-replayed: "not a primitive" */
	lm_erase_page(slot, va); // expect: missing-sub "`unmap_page`"
}
