/* include: preamble.h */
/* The pages have become one big entry, and that is counted as the contrary. */
int join_pages(pmd_t *dir, unsigned long va, pgprot_t prot)
{
	pte_t *slot = pte_offset_kernel(dir, 0);
	unsigned long pfn = pte_pfn(*slot);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_present(slot[i]))
			return 0;
	set_pmd(dir, pfn_pmd(pfn, prot));
	split_page_count(PG_LEVEL_2M); /* expect: wrong-amount */ /* not-replayed: "no sequence" */
	return 1;
}
