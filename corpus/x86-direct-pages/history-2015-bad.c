/* include: preamble.h */
/*
 * 2015: a range of memory is mapped in pieces, by how well each is aligned. Pieces may share a gigabyte that one entry maps; each
 * walk that came to that entry counted it, and machines showed three times the gigabytes that they have.
 */
static void walk_huge(pud_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long huge = 0;

	for (; va < stop; va = (va & PUD_MASK) + PUD_SIZE, slot++) {
		if (pud_leaf(*slot)) {
			huge++;
			continue;
		}
		if (!pud_none(*slot))
			continue;
		set_pud(slot, pfn_pud(__pa(va) >> PAGE_SHIFT, prot));
		huge++;
	}
	update_page_count(PG_LEVEL_1G, huge); /* expect: double-count */
}

void map_in_pieces(p4d_t *dir, unsigned long head, unsigned long body, unsigned long tail, unsigned long end)
{
	walk_huge(pud_offset(dir, head), head, body, PAGE_KERNEL_LARGE);
	walk_huge(pud_offset(dir, body), body, tail, PAGE_KERNEL_LARGE);
	walk_huge(pud_offset(dir, tail), tail, end, PAGE_KERNEL_LARGE);
}
