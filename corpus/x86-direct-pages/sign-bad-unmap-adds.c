/* include: preamble.h */
/* What was unmapped is added: the minus is missing. */
void unmap_run(pmd_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long big = 0;

	for (; va < stop; va += PMD_SIZE, slot++) {
		if (!pmd_leaf(*slot))
			continue;
		pmd_clear(slot);
		big++;
	}
	update_page_count(PG_LEVEL_2M, big); /* expect: wrong-amount */
}
