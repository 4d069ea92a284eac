/* include: preamble.h */
/* Without the alignment test the range may end inside the block: a whole block is mapped, a part of it is added. */
void map_blocks(pmd_t *slot, unsigned long va, unsigned long stop, phys_addr_t pa)
{
	unsigned long next;

	do {
		next = pmd_addr_end(va, stop);
		if (pmd_none(pmdp_get(slot))) {
			set_pmd(slot, pfn_pmd(__phys_to_pfn(pa), PAGE_KERNEL));
			lm_meminfo_add(va, next - va, PMD); /* expect: wrong-amount */
		}
		pa += next - va;
	} while (slot++, va = next, va != stop);
}
