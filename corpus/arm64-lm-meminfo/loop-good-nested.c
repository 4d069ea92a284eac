/* include: preamble.h */
/* A loop in a loop, the inner one partitioning what the outer one has cut: the rounds of both balance. */
/* expect: nothing */
void unmap_run(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	for (; va < stop; va = next, dir++) {
		pte_t *slot = pte_offset_kernel(dir, va);
		unsigned long here;

		next = pmd_addr_end(va, stop);
		for (here = va; here < next; here += PAGE_SIZE, slot++) {
			pte_t was = __ptep_get(slot);

			if (pte_none(was) || pte_cont(was))
				continue;
			__pte_clear(&init_mm, here, slot);
			lm_meminfo_sub(here, PAGE_SIZE, PTE);
		}
	}
}
