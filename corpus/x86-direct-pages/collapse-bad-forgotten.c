/* include: preamble.h */
/* The pages have become one big entry, and the counters still have the pages. */
int join_pages(pmd_t *dir, unsigned long va, pgprot_t prot)
{
	pte_t *slot = pte_offset_kernel(dir, 0);
	unsigned long pfn = pte_pfn(*slot);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_present(slot[i]))
			return 0;
	set_pmd(dir, pfn_pmd(pfn, prot)); /* expect: missing-sub */ /* not-replayed: "no sequence" */
	return 1;
}
