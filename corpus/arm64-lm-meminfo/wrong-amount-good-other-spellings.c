/* include: preamble.h */
/* Sizes are values and not names: four ways to write the bytes of one block. */
/* expect: nothing */
void map_four(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)) || !pmd_none(pmdp_get(slot + 1)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PTRS_PER_PTE * PAGE_SIZE, PMD);
	set_pmd(slot + 1, pfn_pmd(pfn + PTRS_PER_PTE, PAGE_KERNEL));
	lm_meminfo_add(va + PMD_SIZE, ~PMD_MASK + 1, PMD);
}

void unmap_two(pmd_t *slot, unsigned long va)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was) || pmd_cont(was))
		return;
	pmd_clear(slot);
	lm_meminfo_sub(va, 1UL << PMD_SHIFT, PMD);
}

void unmap_three(pmd_t *slot, unsigned long va)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was) || pmd_cont(was))
		return;
	pmd_clear(slot);
	lm_meminfo_sub(va, CONT_PMD_SIZE / CONT_PMDS, PMD);
}
