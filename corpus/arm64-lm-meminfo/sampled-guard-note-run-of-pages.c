/* include: preamble.h */
/* One entry is looked at and a run of them is counted. Proved only if all of the run is as its first entry is. */
void map_run(pte_t *slot, unsigned long va, unsigned long stop, unsigned long pfn)
{
	bool first_time = pte_none(__ptep_get(slot));
	unsigned long start = va;

	do {
		pte_t was = __ptep_get(slot);

		__set_pte(slot, pfn_pte(pfn, PAGE_KERNEL));
		BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));
	} while (slot++, pfn++, va += PAGE_SIZE, va != stop);

	if (first_time)
		lm_meminfo_add(start, stop - start, PTE); /* expect: sampled-guard */
}
