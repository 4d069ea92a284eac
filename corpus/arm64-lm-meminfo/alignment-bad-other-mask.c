/* include: preamble.h */
/* The alignment that is tested is that of a page, which says nothing about a block. */
void map_block(pmd_t *slot, unsigned long va, unsigned long stop, phys_addr_t pa)
{
	unsigned long next = pmd_addr_end(va, stop);

	if (((va | next | pa) & ~PAGE_MASK) != 0 || !pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(__phys_to_pfn(pa), PAGE_KERNEL));
	lm_meminfo_add(va, next - va, PMD); /* expect: wrong-amount */
}
