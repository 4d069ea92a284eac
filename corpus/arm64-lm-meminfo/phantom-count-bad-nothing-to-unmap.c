/* include: preamble.h */
/* The sub stands above the test that finds the entry empty: nothing goes, and bytes are taken off the books. */
void unmap_block(pud_t *slot, unsigned long va)
{
	lm_meminfo_sub(va, PUD_SIZE, PUD); /* expect: phantom-count */
	if (!pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
}
