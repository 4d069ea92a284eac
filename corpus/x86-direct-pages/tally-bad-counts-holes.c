/* include: preamble.h */
/* The mirror image: where there was nothing to unmap, a page is taken from the counter all the same. */
void unmap_run(pte_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		pages++;
		if (pte_none(*slot))
			continue;
		pte_clear(&init_mm, va, slot);
	}
	update_page_count(PG_LEVEL_4K, -pages); /* expect: phantom-count */
}
