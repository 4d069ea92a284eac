/* include: preamble.h */
/* Each level has its own tally, recorded in the account of the other. */
void drop_blocks(pmd_t *dir, unsigned long ea, unsigned long stop)
{
	unsigned long next, blocks = 0, pages = 0;
	pte_t *slot;

	for (; ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (pmd_leaf(*dir)) {
			pmd_clear(dir);
			blocks++;
		} else if (pmd_present(*dir)) {
			slot = pte_offset_kernel(dir, ea);
			if (pte_present(*slot)) {
				pte_clear(&init_mm, ea, slot);
				pages++;
			}
		}
	}
	update_page_count(MMU_PAGE_2M, -pages);
	update_page_count(mmu_virtual_psize, -blocks); /* expect: wrong-account */
}
