/* include: preamble.h */
/* The entry is known to be one of a contiguous block, and its bytes are taken from the plain pages. */
void unmap_one_of_block(pte_t *slot, unsigned long va)
{
	if (!pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE); /* expect: wrong-account */
}
