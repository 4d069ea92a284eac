/* include: preamble.h */
/* One entry goes, from whichever account it stood in: the account is chosen from the value read before the clear. */
/* expect: nothing */
void unmap_one(pte_t *slot, unsigned long va)
{
	pte_t was = __ptep_get(slot);

	if (pte_none(was))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, pte_cont(was) ? CONT_PTE : PTE);
}
