/* include: preamble.h */
/* New permissions for what is mapped: nothing comes, nothing goes. */
/* expect: nothing */
void paint(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	for (; va < stop; va += PAGE_SIZE, slot++) {
		pte_t was = *slot;

		if (pte_none(was))
			continue;
		set_pte_atomic(slot, pfn_pte(pte_pfn(was), prot));
	}
}

void map_big(pmd_t *slot, unsigned long pfn)
{
	if (!pmd_none(*slot))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
	update_page_count(PG_LEVEL_2M, 1);
}
