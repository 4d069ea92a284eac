/* Where the counter is configured out, nothing is counted, and nothing needs to be. */
/* include: preamble.h */
/* expect: nothing */
void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
#ifdef CONFIG_PROC_FS
	if (__is_lm_address(va))
		lm_meminfo[PTE] -= PAGE_SIZE;
#endif
}
