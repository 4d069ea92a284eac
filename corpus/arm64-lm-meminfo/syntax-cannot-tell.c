/* include: preamble.h */
/* A construct that the grammar cannot read stands inside the function: what was not read is not judged. */
/* cannot-tell: */
void map_block(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return;
	with_lock (&table_lock) for each slot {
		set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	}
	lm_meminfo_add(va, PUD_SIZE, PUD);
}

/* summary: PUD -PUD_SIZE */
void unmap_block(pud_t *slot, unsigned long va)
{
	if (!pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
	lm_meminfo_sub(va, PUD_SIZE, PUD);
}
