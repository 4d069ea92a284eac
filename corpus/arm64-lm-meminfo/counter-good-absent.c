/* No counter is defined here, so there is nothing to keep in step: the rule sleeps. */
/* expect: nothing */
void map_block(pud_t *slot, unsigned long pfn)
{
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
}

void unmap_block(pud_t *slot)
{
	pud_clear(slot);
}
