/* include: preamble.h */
/* A whole range of blocks goes, one round at a time; a round that forgets makes a loop that forgets. */
void unmap_blocks(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	do {
		pud_t *slot = dir + pud_index(va);

		next = pud_addr_end(va, stop);
		if (pud_leaf(READ_ONCE(*slot)))
			pud_clear(slot); /* expect: missing-sub */
	} while (va = next, va < stop);
}
