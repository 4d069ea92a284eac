/* include: preamble.h */
/* A jump into a block is not followed, and nothing is said of what comes after it. */
/* cannot-tell: "a jump into a block" */
int map_block(pud_t *top, unsigned long ea, unsigned long pfn, bool huge)
{
	pte_t *slot;
	pmd_t *dir;

	if (huge) {
		slot = (pte_t *)top;
		goto found;
	} else {
		dir = pmd_alloc(&init_mm, top, ea);
		if (!dir)
			return -ENOMEM;
		slot = pmdp_ptep(dir);
found:
		set_pte_at(&init_mm, ea, slot, pfn_pte(pfn, PAGE_KERNEL));
	}
	update_page_count(huge ? MMU_PAGE_1G : MMU_PAGE_2M, 1);
	return 0;
}
