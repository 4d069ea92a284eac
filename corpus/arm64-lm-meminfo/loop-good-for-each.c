/* include: preamble.h */
/* The C grammar takes a for_each macro for a call and loses its body; the calls in the body are looked into. */
/* expect: nothing */
static void __init map_bank(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PUD_SIZE, PUD);
}

void __init map_banks(pud_t *slot)
{
	phys_addr_t start, end;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		if (start >= end)
			break;
		map_bank(slot + pud_index(__phys_to_virt(start)), __phys_to_virt(start), __phys_to_pfn(start));
	}
}
