/* include: preamble.h */
/* Taking all bits away is unmapping. */
void forget_block(pmd_t *dir, unsigned long ea)
{
	if (pmd_leaf(*dir))
		radix__pte_update(&init_mm, ea, pmdp_ptep(dir), ~0UL, 0, 0); /* expect: missing-sub */
}
