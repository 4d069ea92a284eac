/* include: preamble.h */
/* The primitive is exempt, its caller in the linear map is not: it maps a block through it and must count. */
int pmd_set_huge(pmd_t *slot, phys_addr_t pa, pgprot_t prot)
{
	pmd_t new = pfn_pmd(__phys_to_pfn(pa), prot);

	if (!pgattr_change_is_safe(pmd_val(pmdp_get(slot)), pmd_val(new)))
		return 0;
	set_pmd(slot, new);
	return 1;
}

void map_block(pmd_t *slot, unsigned long va, phys_addr_t pa)
{
	if (pmd_none(pmdp_get(slot)))
		pmd_set_huge(slot, pa, PAGE_KERNEL); /* expect: missing-add */
}
