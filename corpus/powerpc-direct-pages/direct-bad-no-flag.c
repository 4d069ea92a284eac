/* include: preamble.h */
/* The walker records whatever it takes away, and vmemmap comes through here as well. */
static void drop_blocks(pmd_t *dir, unsigned long ea, unsigned long stop, bool direct)
{
	unsigned long next, gone = 0;

	for (; ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_leaf(*dir))
			continue;
		if (!direct)
			free_backing(pmd_page(*dir));
		pmd_clear(dir);
		gone++;
	}
	update_page_count(MMU_PAGE_2M, -gone); /* expect: unfiltered-region */
}

int radix__remove_section_mapping(unsigned long start, unsigned long end)
{
	drop_blocks(pmd_off_k(start), start, end, true);
	return 0;
}

void radix__vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	drop_blocks(pmd_off_k(start), start, end, false);
}
