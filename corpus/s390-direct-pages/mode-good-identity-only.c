/* At boot a mode says what is mapped, and one of its values is counted. */
// expect: nothing
enum fill_mode { FILL_NONE, POPULATE_LOWCORE, POPULATE_IDENTITY, POPULATE_KERNEL };

static void fill_pages(pmd_t *dir, unsigned long va, unsigned long stop, enum fill_mode mode)
{
	unsigned long made = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		pte_t entry;

		if (!pte_none(*slot))
			continue;
		entry = __pte(_pa(va, PAGE_SIZE, mode));
		entry = set_pte_bit(entry, PAGE_KERNEL);
		if (!machine.has_nx)
			entry = clear_pte_bit(entry, __pgprot(_PAGE_NOEXEC));
		set_pte(slot, entry);
		made++;
	}
	if (mode == POPULATE_IDENTITY)
		update_page_count(PG_DIRECT_MAP_4K, made);
}

void fill_all(pmd_t *dir, unsigned long start, unsigned long end)
{
	fill_pages(dir, 0UL, 2 * PAGE_SIZE, POPULATE_LOWCORE);
	fill_pages(dir, start, end, POPULATE_IDENTITY);
	fill_pages(dir, end, end + PMD_SIZE, POPULATE_KERNEL);
}
