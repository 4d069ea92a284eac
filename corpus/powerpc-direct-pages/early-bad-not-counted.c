/* include: preamble.h */
/* Before there is a slab the tables come from memblock; and is not counted then. */
static int map_early(pud_t *top, unsigned long ea, unsigned long pfn)
{
	pmd_t *dir;

	if (pud_none(*top)) {
		dir = early_alloc_pgtable(PAGE_SIZE, -1, 0, 0);
		pud_populate(&init_mm, top, dir);
	}
	dir = pmd_offset(top, ea);
	set_pte_at(&init_mm, ea, pmdp_ptep(dir), pfn_pte(pfn, PAGE_KERNEL));
	return 0;
}

static int map_block(pud_t *top, unsigned long ea, unsigned long pfn)
{
	pmd_t *dir;

	if (!slab_is_available())
		return map_early(top, ea, pfn);
	dir = pmd_alloc(&init_mm, top, ea);
	if (!dir)
		return -ENOMEM;
	set_pte_at(&init_mm, ea, pmdp_ptep(dir), pfn_pte(pfn, PAGE_KERNEL));
	return 0;
}

int map_and_count(pud_t *top, unsigned long ea, unsigned long pfn)
{
	/* not-replayed: "no sequence" */
	int err = map_block(top, ea, pfn); /* expect: missing-add */

	if (!err && slab_is_available())
		update_page_count(MMU_PAGE_2M, 1);
	return err;
}
