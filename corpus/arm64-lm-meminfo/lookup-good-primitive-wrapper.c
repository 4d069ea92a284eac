/* Wrappers of primitives are found in a header; what the rule says of a primitive stands, whatever its body does. */
/* include: preamble.h */
/* lookup: header-wrappers.h */
/* expect: nothing */
void unmap_block(pmd_t *slot, unsigned long va)
{
	if (!pmd_leaf(pmdp_get(slot)) || pmd_cont(pmdp_get(slot)))
		return;
	lm_erase_block(slot);
	lm_meminfo_sub(va, PMD_SIZE, PMD);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	lm_erase_page(slot, va);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
