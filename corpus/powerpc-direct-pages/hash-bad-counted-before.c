/* include: preamble.h */
/* Counted before it is known whether the entry went in. */
int bolt_one(unsigned long group, unsigned long vpn, unsigned long pa, int psize, int ssize)
{
	int slot = mmu_hash_ops.hpte_insert(group, vpn, pa, HPTE_R_M, HPTE_V_BOLTED, psize, psize, ssize);

	/* not-replayed: "mmu_hash_ops" */
	update_page_count(psize, 1); /* expect: error-path */
	return slot < 0 ? slot : 0;
}
