/* include: preamble.h */
/* A mapping inside the body of a for_each macro is a mapping, and nobody counts this one. */
void __init map_banks(pud_t *slot)
{
	phys_addr_t start, end;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		if (pud_none(pudp_get(slot)))
			set_pud(slot, pfn_pud(__phys_to_pfn(start), PAGE_KERNEL)); /* expect: missing-add */ /* not-replayed: "loop macro" */
		slot++;
	}
}
