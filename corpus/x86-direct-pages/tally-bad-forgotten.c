/* include: preamble.h */
/* The loop counts what it maps and nobody asks for the number. */
void map_run(pte_t *slot, unsigned long va, unsigned long stop, pgprot_t prot)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot)); /* expect: missing-add */
		pages++;
	}
	pr_debug("%lu pages\n", pages);
}
