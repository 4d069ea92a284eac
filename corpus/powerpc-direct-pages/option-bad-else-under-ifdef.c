/* include: preamble.h */
/* An `else` that only some configurations have, and that is taken by what is counted as well. */
void drop_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (; ea < stop; ea = next, slot++) {
		next = (ea + PAGE_SIZE) & PAGE_MASK;
		if (next > stop)
			next = stop;
		if (!pte_present(*slot))
			continue;
		if (PAGE_ALIGNED(ea) && PAGE_ALIGNED(next)) {
			pte_clear(&init_mm, ea, slot);
			gone++;
		}
#ifdef CONFIG_SPARSEMEM_VMEMMAP
		else if (page_is_unused(ea, next)) {
			/* not-replayed: "no sequence" */
			pte_clear(&init_mm, ea, slot); /* expect: missing-sub */
		}
#endif
	}
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
}
