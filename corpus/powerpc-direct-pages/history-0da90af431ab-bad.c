/* include: preamble.h */
/*
 * Radix counted what it mapped, at boot and at hot-add, and hot-remove counted nothing: whoever unplugged memory and
 * plugged it in again saw DirectMap2M or DirectMap1G grow by the same gigabytes each time.
 */
static void take_pages(pte_t *slot, unsigned long ea, unsigned long stop)
{
	unsigned long next;

	for (slot += pte_index(ea); ea < stop; ea = next, slot++) {
		next = (ea + PAGE_SIZE) & PAGE_MASK;
		if (!pte_present(*slot))
			continue;
		pte_clear(&init_mm, ea, slot); /* expect: missing-sub */
	}
}

static void take_blocks(pmd_t *dir, unsigned long ea, unsigned long stop)
{
	unsigned long next;

	for (dir += pmd_index(ea); ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_present(*dir))
			continue;
		if (pmd_leaf(*dir)) {
			pte_clear(&init_mm, ea, (pte_t *)dir); /* expect: missing-sub */
			continue;
		}
		take_pages((pte_t *)pmd_page_vaddr(*dir), ea, next);
	}
}

static void take_huge(pud_t *top, unsigned long ea, unsigned long stop)
{
	unsigned long next;

	for (top += pud_index(ea); ea < stop; ea = next, top++) {
		next = pud_addr_end(ea, stop);
		if (!pud_present(*top))
			continue;
		if (pud_leaf(*top)) {
			/* not-replayed: "no sequence" */
			pte_clear(&init_mm, ea, (pte_t *)top); /* expect: missing-sub */
			continue;
		}
		take_blocks(pud_pgtable(*top), ea, next);
	}
}

int radix__remove_section_mapping(unsigned long start, unsigned long end)
{
	take_huge(p4d_pgtable(*p4d_offset(pgd_offset_k(start), start)), start, end);
	return 0;
}
