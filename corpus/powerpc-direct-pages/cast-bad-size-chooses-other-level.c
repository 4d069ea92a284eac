/* include: preamble.h */
/* The size that is asked for chooses the level, and the caller counts a block of one size as one of the other. */
static int map_one(unsigned long ea, unsigned long pa, pgprot_t prot, unsigned int size)
{
	p4d_t *top = p4d_offset(pgd_offset_k(ea), ea);
	pud_t *huge = pud_alloc(&init_mm, top, ea);
	pmd_t *dir;
	pte_t *slot;

	if (!huge)
		return -ENOMEM;
	if (size == PUD_SIZE) {
		slot = (pte_t *)huge;
		goto found;
	}
	dir = pmd_alloc(&init_mm, huge, ea);
	if (!dir)
		return -ENOMEM;
	if (size == PMD_SIZE) {
		slot = pmdp_ptep(dir);
		goto found;
	}
	slot = pte_alloc_kernel(dir, ea);
	if (!slot)
		return -ENOMEM;
found:
	set_pte_at(&init_mm, ea, slot, pfn_pte(pa >> PAGE_SHIFT, prot));
	return 0;
}

int map_range(unsigned long ea, unsigned long stop, unsigned long pa)
{
	unsigned long size;
	int psize, err;

	for (; ea < stop; ea += size, pa += size) {
		if (IS_ALIGNED(ea | pa, PUD_SIZE) && stop - ea >= PUD_SIZE) {
			size = PUD_SIZE;
			psize = MMU_PAGE_1G;
		} else if (IS_ALIGNED(ea | pa, PMD_SIZE) && stop - ea >= PMD_SIZE) {
			size = PMD_SIZE;
			psize = MMU_PAGE_1G;
		} else {
			size = PAGE_SIZE;
			psize = mmu_virtual_psize;
		}
		err = map_one(ea, pa, PAGE_KERNEL, size);
		if (err)
			return err;
		update_page_count(psize, 1); /* expect: wrong-account */
	}
	return 0;
}
