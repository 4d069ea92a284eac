/* include: preamble.h */
/* A tally of what was removed, recorded on every way out. */
/* expect: nothing */
int unbolt_range(unsigned long ea, unsigned long stop, int ssize)
{
	long gone = 0;
	int err, ret = 0;

	for (; ea < stop; ea += PAGE_SIZE) {
		err = mmu_hash_ops.hpte_removebolted(ea, mmu_virtual_psize, ssize);
		if (err == -ENOENT) {
			ret = err;
			continue;
		}
		if (err < 0) {
			ret = err;
			break;
		}
		gone++;
	}
	update_page_count(mmu_virtual_psize, -gone);
	return ret;
}
