/* include: preamble.h */
/*
 * Each walker keeps a tally of the leaves that it takes away and takes it off, where the caller says that it is the
 * linear mapping: vmemmap is taken apart by the same walkers.
 */
/* expect: nothing */
static void take_pages(pte_t *slot, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (slot += pte_index(ea); ea < stop; ea = next, slot++) {
		next = (ea + PAGE_SIZE) & PAGE_MASK;
		if (!pte_present(*slot))
			continue;
		pte_clear(&init_mm, ea, slot);
		gone++;
	}
	if (direct)
		update_page_count(mmu_virtual_psize, -gone);
}

static void take_blocks(pmd_t *dir, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (dir += pmd_index(ea); ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_present(*dir))
			continue;
		if (pmd_leaf(*dir)) {
			pte_clear(&init_mm, ea, (pte_t *)dir);
			gone++;
			continue;
		}
		take_pages((pte_t *)pmd_page_vaddr(*dir), ea, next, direct);
	}
	if (direct)
		update_page_count(MMU_PAGE_2M, -gone);
}

static void take_huge(pud_t *top, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (top += pud_index(ea); ea < stop; ea = next, top++) {
		next = pud_addr_end(ea, stop);
		if (!pud_present(*top))
			continue;
		if (pud_leaf(*top)) {
			pte_clear(&init_mm, ea, (pte_t *)top);
			gone++;
			continue;
		}
		take_blocks(pud_pgtable(*top), ea, next, direct);
	}
	if (direct)
		update_page_count(MMU_PAGE_1G, -gone);
}

int radix__remove_section_mapping(unsigned long start, unsigned long end)
{
	take_huge(p4d_pgtable(*p4d_offset(pgd_offset_k(start), start)), start, end, true);
	return 0;
}

void radix__vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	take_huge(p4d_pgtable(*p4d_offset(pgd_offset_k(start), start)), start, end, false);
}
