/* include: preamble.h */
/* The callee says how many it has mapped, and its caller says that to nobody. */
static unsigned long fill(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long made = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot)); /* expect: missing-add */
		made++;
	}
	return made;
}

int map_run(pmd_t *dir, unsigned long va, unsigned long stop, pgprot_t prot)
{
	return fill(pte_offset_kernel(dir, va), va, stop, prot) ? 0 : -ENOENT;
}
