/* include: preamble.h */
/* The C grammar knows no kernel attributes: in front, behind, before a type, on data. None may hide a function. */
/* expect: nothing */
static bool counting __ro_after_init = true;
static u8 spare[PAGE_SIZE] __aligned(PAGE_SIZE) __section(".data.spare");

/* summary: PUD +PUD_SIZE */
static int __meminit __maybe_unused map_block(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return 0;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PUD_SIZE, PUD);
	return 1;
}

/* summary: PUD -PUD_SIZE */
void noinstr unmap_block(pud_t *slot, unsigned long va)
{
	if (!pud_leaf(pudp_get(slot)))
		return;
	pud_clear(slot);
	lm_meminfo_sub(va, PUD_SIZE, PUD);
}
