/* include: preamble.h */
/* What maps for the fixmap, vmemmap or EFI writes the same entries and has nothing to count. */
/* expect: nothing */
void set_pte_vaddr_p4d(p4d_t *top, unsigned long va, pte_t value)
{
	pmd_t *dir = pmd_offset(pud_offset(top + p4d_index(va), va), va);

	set_pte(pte_offset_kernel(dir, va), value);
}

void vmemmap_set_pmd(pmd_t *slot, void *p, int node, unsigned long addr, unsigned long next)
{
	set_pmd(slot, pfn_pmd(__pa(p) >> PAGE_SHIFT, PAGE_KERNEL_LARGE));
}

/* This one is of the direct map. */
void map_big(pmd_t *slot, unsigned long pfn)
{
	if (!pmd_none(*slot))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
	update_page_count(PG_LEVEL_2M, 1);
}
