/* include: preamble.h */
/* Bytes done grow by a page a round; the record multiplies: a counted loop is its round times its trip count. */
/* expect: nothing */
void map_run(pte_t *slot, unsigned long va, unsigned long pfn, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		BUG_ON(!pte_none(__ptep_get(slot + i)));
		__set_pte(slot + i, pfn_pte(pfn + i, PAGE_KERNEL));
	}
	lm_meminfo_add(va, nr * PAGE_SIZE, PTE);
}
