/* include: preamble.h */
/* A break ends the loop; what comes after it records what was done until then. */
/* expect: nothing */
void unmap_first(pmd_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long big = 0;

	for (; va < stop; va += PMD_SIZE, slot++) {
		if (!pmd_leaf(*slot))
			break;
		pmd_clear(slot);
		big++;
	}
	update_page_count(PG_LEVEL_2M, -big);
}
