/* include: preamble.h */
/* What was not there is taken off as well. */
int unbolt_range(unsigned long ea, unsigned long stop, int ssize)
{
	int err, ret = 0;

	for (; ea < stop; ea += PAGE_SIZE) {
		err = mmu_hash_ops.hpte_removebolted(ea, mmu_virtual_psize, ssize);
		if (err == -ENOENT)
			ret = err;
		else if (err < 0)
			return err;
		/* not-replayed: "mmu_hash_ops" */
		update_page_count(mmu_virtual_psize, -1); /* expect: error-path */
	}
	return ret;
}
