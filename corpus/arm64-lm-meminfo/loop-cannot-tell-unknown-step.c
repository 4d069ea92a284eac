/* include: preamble.h */
/* How far a round goes is up to a function that nobody can see: the rounds cannot be counted, and that is said. */
unsigned long some_step(unsigned long va);

/* cannot-tell: "loop" */
void map_run(pte_t *slot, unsigned long va, unsigned long stop, unsigned long pfn)
{
	unsigned long start = va;

	for (; va < stop; va += some_step(va), slot++) {
		BUG_ON(!pte_none(__ptep_get(slot)));
		__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
	}
	lm_meminfo_add(start, stop - start, PTE);
}
