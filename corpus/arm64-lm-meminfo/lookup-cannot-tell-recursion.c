/* The function calls itself through a header. */
/* include: preamble.h */
/* lookup: header-recursion.h */
/* cannot-tell: "recurs" */
void unmap_run(pte_t *slot, unsigned long va, unsigned long stop)
{
	if (pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
	lm_unmap_next(slot, va, stop);
}
