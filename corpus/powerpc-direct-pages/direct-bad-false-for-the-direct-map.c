/* include: preamble.h */
/* The caller says that this is not the direct mapping, and it is nothing else. */
static void drop_blocks(pmd_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (; ea < stop; ea = next, slot++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_leaf(*slot))
			continue;
		pte_clear(&init_mm, ea, (pte_t *)slot);
		gone++;
	}
	if (direct)
		update_page_count(MMU_PAGE_2M, -gone);
}

int radix__remove_section_mapping(unsigned long start, unsigned long stop)
{
	/* not-replayed: "no sequence" */
	/* expect: missing-sub "nothing it does is counted" */
	drop_blocks(pmd_offset(pud_offset(p4d_offset(pgd_offset_k(start), start), start), start), start, stop, false);
	return 0;
}
