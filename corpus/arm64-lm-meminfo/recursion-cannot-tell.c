/* include: preamble.h */
/* The function calls itself: its summary would be needed to work out its summary. */
/* cannot-tell: "recurs" */
void unmap_run(pte_t *slot, unsigned long va, unsigned long stop)
{
	if (va >= stop || pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
	unmap_run(slot + 1, va + PAGE_SIZE, stop);
}
