/* include: preamble.h */
/* A while loop that counts page by page: every round balances, so any number of rounds does. */
/* expect: nothing */
void unmap_run(pte_t *slot, unsigned long va, unsigned long stop)
{
	while (va < stop) {
		pte_t was = __ptep_get(slot);

		if (!pte_none(was)) {
			__pte_clear(&init_mm, va, slot);
			lm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PTE);
		}
		va += PAGE_SIZE;
		slot++;
	}
}
