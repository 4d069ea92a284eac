/* include: preamble.h */
/* Whole tables of pages are mapped at once: the tables are counted instead of the entries. */
void map_tables(pte_t *slot, unsigned long ea, unsigned long pfn, unsigned long tables)
{
	unsigned long i;

	for (i = 0; i < tables * PTRS_PER_PTE; i++)
		set_pte_at(&init_mm, ea + i * PAGE_SIZE, slot + i, pfn_pte(pfn + i, PAGE_KERNEL));
	/* not-replayed: "model_stop" */
	update_page_count(mmu_virtual_psize, tables); /* expect: wrong-amount */
}
