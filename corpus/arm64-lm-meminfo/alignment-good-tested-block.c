/* include: preamble.h */
/* "Aligned at both ends" and "up to the next boundary" together mean one whole block: that is what is added. */
/* expect: nothing */
void map_blocks(pmd_t *slot, unsigned long va, unsigned long stop, phys_addr_t pa)
{
	unsigned long next;

	do {
		next = pmd_addr_end(va, stop);
		if (((va | next | pa) & ~PMD_MASK) == 0 && pmd_none(pmdp_get(slot))) {
			set_pmd(slot, pfn_pmd(__phys_to_pfn(pa), PAGE_KERNEL));
			lm_meminfo_add(va, next - va, PMD);
		}
		pa += next - va;
	} while (slot++, va = next, va != stop);
}
