/* include: preamble.h */
/* It counts a page, then finds that it may not be unmapped, and leaves for where the tally is recorded. */
int unmap_run(pte_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long pages = 0;
	int err = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (pte_none(*slot))
			continue;
		pages++;
		if (is_pinned(va)) {
			err = -EBUSY;
			goto out;
		}
		pte_clear(&init_mm, va, slot);
	}
out:
	update_page_count(PG_LEVEL_4K, -pages); /* expect: error-path */ /* not-replayed: "not a primitive" */
	return err;
}
