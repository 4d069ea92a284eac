/*
 * 41856638e6c4: when the identity mapping got a mode of its own, what counted went on asking for the mode that it had
 * had before, which by then only stood for a few pages. Here it asks for the new one.
 */
// expect: nothing
enum fill_mode { FILL_LOWCORE, POPULATE_DIRECT, POPULATE_IDENTITY };

static bool may_be_large(unsigned long va, unsigned long stop, enum fill_mode mode)
{
	return machine.has_edat1 && mode != FILL_LOWCORE && IS_ALIGNED(va, PMD_SIZE) && stop - va >= PMD_SIZE;
}

static void boot_fill_pages(pmd_t *dir, unsigned long va, unsigned long stop, enum fill_mode mode)
{
	unsigned long made = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, __pte(_pa(va, PAGE_SIZE, mode) | pgprot_val(PAGE_KERNEL)));
		made++;
	}
	if (mode == POPULATE_IDENTITY)
		update_page_count(PG_DIRECT_MAP_4K, made);
}

static void boot_fill_segments(pud_t *dir, unsigned long va, unsigned long stop, enum fill_mode mode)
{
	unsigned long next, made = 0;
	pmd_t *slot = pmd_offset(dir, va);

	for (; va < stop; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (pmd_none(*slot)) {
			if (may_be_large(va, next, mode)) {
				set_pmd(slot, __pmd(_pa(va, PMD_SIZE, mode) | pgprot_val(SEGMENT_KERNEL)));
				made++;
				continue;
			}
			pmd_populate(&init_mm, slot, boot_pte_alloc());
		} else if (pmd_leaf(*slot)) {
			continue;
		}
		boot_fill_pages(slot, va, next, mode);
	}
	if (mode == POPULATE_IDENTITY)
		update_page_count(PG_DIRECT_MAP_1M, made);
}

void boot_fill(pud_t *dir, unsigned long start, unsigned long end)
{
	boot_fill_segments(dir, 0UL, 2 * PAGE_SIZE, FILL_LOWCORE);
	boot_fill_segments(dir, 64 * PAGE_SIZE, 80 * PAGE_SIZE, POPULATE_DIRECT);
	boot_fill_segments(dir, start, end, POPULATE_IDENTITY);
}
