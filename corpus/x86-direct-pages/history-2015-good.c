/* include: preamble.h */
/* 2015, the cure: only who maps the entry counts it. */
/* expect: nothing */
static void walk_huge(pud_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long huge = 0;

	for (; va < stop; va = (va & PUD_MASK) + PUD_SIZE, slot++) {
		if (!pud_none(*slot))
			continue;
		set_pud(slot, pfn_pud(__pa(va) >> PAGE_SHIFT, prot));
		huge++;
	}
	update_page_count(PG_LEVEL_1G, huge);
}

void map_in_pieces(p4d_t *dir, unsigned long head, unsigned long body, unsigned long tail, unsigned long end)
{
	walk_huge(pud_offset(dir, head), head, body, PAGE_KERNEL_LARGE);
	walk_huge(pud_offset(dir, body), body, tail, PAGE_KERNEL_LARGE);
	walk_huge(pud_offset(dir, tail), tail, end, PAGE_KERNEL_LARGE);
}
