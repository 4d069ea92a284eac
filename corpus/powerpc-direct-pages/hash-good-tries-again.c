/* include: preamble.h */
/* Where the group is full, an entry of somebody else makes room, then the other group is tried; one entry goes in. */
/* expect: nothing */
int bolt_range(unsigned long ea, unsigned long stop, unsigned long pa, int psize, int ssize)
{
	unsigned int shift = mmu_psize_defs[psize].shift;
	unsigned long step = 1UL << shift;
	int slot = 0;

	for (; ea < stop; ea += step, pa += step) {
		unsigned long vpn = hpt_vpn(ea, get_kernel_vsid(ea, ssize), ssize);
		unsigned long group = hpt_hash(vpn, shift, ssize) & htab_hash_mask;
		bool second = false;

again:
		slot = mmu_hash_ops.hpte_insert(group, vpn, pa, HPTE_R_M, HPTE_V_BOLTED, psize, psize, ssize);
		if (slot == -1) {
			slot = mmu_hash_ops.hpte_remove(group);
			if (slot != -1)
				slot = mmu_hash_ops.hpte_insert(group, vpn, pa, HPTE_R_M, HPTE_V_BOLTED, psize, psize, ssize);
			if (slot == -1 && !second) {
				second = true;
				group = ~group & htab_hash_mask;
				goto again;
			}
		}
		if (slot < 0)
			break;
		update_page_count(psize, 1);
	}
	return slot < 0 ? slot : 0;
}
