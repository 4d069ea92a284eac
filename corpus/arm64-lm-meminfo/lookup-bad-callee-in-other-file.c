/* A function of another file clears the entry, and only one of the callers counts that. */
/* include: preamble.h */
/* lookup: erase-slot.c */
void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	erase_slot(slot, va);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}

void unmap_quietly(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	/* not-replayed: "not a primitive" */
	erase_slot(slot, va); // expect: missing-sub
}
