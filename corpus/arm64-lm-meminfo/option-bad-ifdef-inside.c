/* Another option than the one that the counter exists with: without it, a page goes uncounted. */
/* include: preamble.h */
void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot); /* expect: missing-sub */ /* not-replayed: "no sequence makes the counters drift" */
#ifdef CONFIG_MEMORY_HOTREMOVE
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
#endif
}
