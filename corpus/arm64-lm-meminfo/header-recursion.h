/* A header that calls back into the file: neither can be summed up before the other. */
static inline void lm_unmap_next(pte_t *slot, unsigned long va, unsigned long stop)
{
	if (va < stop)
		unmap_run(slot + 1, va + PAGE_SIZE, stop);
}
