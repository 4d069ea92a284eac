/* include: preamble.h */
/* In the middle of the loop it leaves for where the tally is recorded. */
/* expect: nothing */
int unmap_run(pte_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long pages = 0;
	int err = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (pte_none(*slot)) {
			err = -EFAULT;
			goto out;
		}
		pte_clear(&init_mm, va, slot);
		pages++;
	}
out:
	update_page_count(PG_LEVEL_4K, -pages);
	return err;
}
