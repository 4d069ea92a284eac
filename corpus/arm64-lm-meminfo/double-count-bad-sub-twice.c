/* include: preamble.h */
/* The same leaf is taken off the books twice; the counter runs below zero and prints as a huge number. */
void unmap_block(pud_t *slot, unsigned long va)
{
	if (!pud_leaf(pudp_get(slot)))
		return;
	lm_meminfo_sub(va, PUD_SIZE, PUD);
	pud_clear(slot);
	lm_meminfo_sub(va, PUD_SIZE, PUD); /* expect: double-count */
}
