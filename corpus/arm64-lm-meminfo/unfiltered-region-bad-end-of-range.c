/* The filter is asked about the end of the range, which the last block of the region does not contain. */
/* include: preamble.h */

void unmap_blocks(pmd_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long next;

	do {
		pmd_t was = pmdp_get(slot);

		next = pmd_addr_end(va, stop);
		if (!pmd_leaf(was) || pmd_cont(was))
			continue;
		pmd_clear(slot);
		lm_meminfo_sub(next, PMD_SIZE, PMD); /* expect: unfiltered-region "the end of the range" */
	} while (slot++, va = next, va < stop);
}
