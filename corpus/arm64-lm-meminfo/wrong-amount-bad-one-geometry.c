/* include: preamble.h */
/* Right with 4K pages, where 512 pages make a block, and wrong with 16K and 64K: equal means equal in all three. */
void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, 512 * PAGE_SIZE, PMD); /* expect: wrong-amount */ /* not-replayed: "no sequence makes the counters drift" */
}
