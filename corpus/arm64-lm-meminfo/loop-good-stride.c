/* include: preamble.h */
/* The loop strides over addresses in blocks and is counted in bytes, once, behind it. */
/* expect: nothing */
int map_as_blocks(unsigned long va, pud_t *slot, unsigned long pfn, gfp_t gfp)
{
	unsigned long here, stop = va + PUD_SIZE;
	phys_addr_t table;
	pmd_t *block;

	if (!pud_none(pudp_get(slot)))
		return 0;
	table = lm_pgtable_alloc(PGTABLE_LEVEL_PMD, gfp);
	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;
	block = (pmd_t *)phys_to_virt(table);
	for (here = va; here < stop; here += PMD_SIZE, block++, pfn += PTRS_PER_PTE)
		set_pmd(block, pfn_pmd(pfn, PAGE_KERNEL));
	__pud_populate(slot, table, PUD_TYPE_TABLE);
	lm_meminfo_add(va, stop - va, PMD);
	return 0;
}
