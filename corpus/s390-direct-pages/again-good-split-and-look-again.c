/* A large page that is only partly meant is split, and the same entry is looked at again. */
// expect: nothing
static int split_segment(pmd_t *slot, unsigned long va)
{
	unsigned long i, origin = pmd_val(*slot) & PMD_MASK;
	pte_t *table = vmem_pte_alloc();

	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte(table + i, __pte((origin + i * PAGE_SIZE) | pgprot_val(PAGE_KERNEL)));
	pgt_set((unsigned long *)slot, __pa(table) | _SEGMENT_ENTRY, va, CRDTE_DTT_SEGMENT);
	update_page_count(PG_DIRECT_MAP_4K, PTRS_PER_PTE);
	update_page_count(PG_DIRECT_MAP_1M, -1);
	return 0;
}

static void lock_pages(pmd_t *dir, unsigned long va, unsigned long stop)
{
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++)
		pgt_set((unsigned long *)slot, pte_val(pte_wrprotect(*slot)), va, CRDTE_DTT_PAGE);
}

int lock_run(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;
	int err = 0;
	pmd_t *slot = pmd_offset(dir, va);

	do {
		if (pmd_none(*slot))
			return -EINVAL;
		next = pmd_addr_end(va, stop);
		if (pmd_leaf(*slot)) {
			if ((va & ~PMD_MASK) || va + PMD_SIZE > next) {
				err = split_segment(slot, va);
				if (err)
					return err;
				continue;
			}
			pgt_set((unsigned long *)slot, pmd_val(pmd_wrprotect(*slot)), va, CRDTE_DTT_SEGMENT);
		} else {
			lock_pages(slot, va, next);
		}
		slot++;
		va = next;
	} while (va < stop);
	return err;
}
