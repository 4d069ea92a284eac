/* include: preamble.h */
/*
 * The counter came with radix. The hash MMU does the same work in a file of its own, and counted nothing: a machine
 * that uses it said of all its memory that none of it was mapped.
 */
static int bolt_range(unsigned long ea, unsigned long stop, unsigned long pa, int psize, int ssize)
{
	unsigned long step = 1UL << mmu_psize_defs[psize].shift;
	long slot;

	for (; ea < stop; ea += step, pa += step) {
		unsigned long vpn = hpt_vpn(ea, get_kernel_vsid(ea, ssize), ssize);
		unsigned long group = hpt_hash(vpn, mmu_psize_defs[psize].shift, ssize) & htab_hash_mask;

		/* not-replayed: "mmu_psize_defs" */
		slot = mmu_hash_ops.hpte_insert(group, vpn, pa, HPTE_R_M, HPTE_V_BOLTED, psize, psize, ssize); /* expect: missing-add */
		if (slot < 0)
			return slot;
	}
	return 0;
}

static int unbolt_range(unsigned long ea, unsigned long stop, int psize, int ssize)
{
	unsigned long step = 1UL << mmu_psize_defs[psize].shift;
	int err, ret = 0;

	for (; ea < stop; ea += step) {
		/* not-replayed: "mmu_psize_defs" */
		err = mmu_hash_ops.hpte_removebolted(ea, psize, ssize); /* expect: missing-sub */
		if (err == -ENOENT) {
			ret = err;
			continue;
		}
		if (err < 0)
			return err;
	}
	return ret;
}

int hash__create_section_mapping(unsigned long start, unsigned long end, int nid, pgprot_t prot)
{
	return bolt_range(start, end, __pa(start), mmu_linear_psize, mmu_kernel_ssize);
}

int hash__remove_section_mapping(unsigned long start, unsigned long end)
{
	return unbolt_range(start, end, mmu_linear_psize, mmu_kernel_ssize);
}
