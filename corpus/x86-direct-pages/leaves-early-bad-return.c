/* include: preamble.h */
/* In the middle of the loop it returns, and with it goes what was counted so far. */
int unmap_run(pte_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (pte_none(*slot))
			return -EFAULT;
		pte_clear(&init_mm, va, slot); /* expect: error-path */
		pages++;
	}
	update_page_count(PG_LEVEL_4K, -pages);
	return 0;
}
