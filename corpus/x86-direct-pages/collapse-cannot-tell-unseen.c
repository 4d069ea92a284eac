/* include: preamble.h */
/* Nobody has looked whether the table was full. */
/* cannot-tell: "takes away a table" */
void join_pages(pmd_t *dir, unsigned long pfn, pgprot_t prot)
{
	pte_t *slot = pte_offset_kernel(dir, 0);

	if (!pte_present(*slot))
		return;
	set_pmd(dir, pfn_pmd(pfn, prot));
	collapse_page_count(PG_LEVEL_2M);
}
