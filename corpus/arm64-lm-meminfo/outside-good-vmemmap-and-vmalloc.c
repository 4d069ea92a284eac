/* include: preamble.h */
/* These write the same kinds of entries and count nothing, rightly: they serve vmemmap and vmalloc. The rule knows. */
/* expect: nothing */
int pmd_set_huge(pmd_t *slot, phys_addr_t pa, pgprot_t prot)
{
	pmd_t new = pfn_pmd(__phys_to_pfn(pa), prot);

	if (!pgattr_change_is_safe(pmd_val(pmdp_get(slot)), pmd_val(new)))
		return 0;
	set_pmd(slot, new);
	return 1;
}

void __meminit vmemmap_set_pmd(pmd_t *slot, void *p, int node, unsigned long va, unsigned long next)
{
	pmd_set_huge(slot, __pa(p), PAGE_KERNEL);
}

int pud_clear_huge(pud_t *slot)
{
	bool huge = pud_leaf(pudp_get(slot));

	if (huge)
		pud_clear(slot);
	return huge;
}

int pmd_clear_huge(pmd_t *slot)
{
	bool huge = pmd_leaf(pmdp_get(slot));

	if (huge)
		pmd_clear(slot);
	return huge;
}
