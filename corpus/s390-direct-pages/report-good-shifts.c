/* Entries are printed as kB: an entry of 4 kB is worth 1 << 2 of them. */
// expect: nothing
#ifdef CONFIG_PROC_FS
static atomic_long_t direct_pages_count[PG_DIRECT_MAP_MAX];

void arch_report_meminfo(struct seq_file *out)
{
	seq_printf(out, "DirectMap4k:    %8lu kB\n", atomic_long_read(&direct_pages_count[PG_DIRECT_MAP_4K]) << 2);
	seq_printf(out, "DirectMap1M:    %8lu kB\n", atomic_long_read(&direct_pages_count[PG_DIRECT_MAP_1M]) << 10);
	seq_printf(out, "DirectMap2G:    %8lu kB\n", atomic_long_read(&direct_pages_count[PG_DIRECT_MAP_2G]) << 21);
}

static void update_page_count(int level, long count)
{
	atomic_long_add(count, &direct_pages_count[level]);
}
#else
static void update_page_count(int level, long count) { }
#endif

void map_one(pte_t *page, pmd_t *segment, pud_t *region, unsigned long va)
{
	if (pte_none(*page)) {
		set_pte(page, mk_pte_phys(__pa(va), PAGE_KERNEL));
		update_page_count(PG_DIRECT_MAP_4K, 1);
	}
	if (pmd_none(*segment)) {
		set_pmd(segment, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
		update_page_count(PG_DIRECT_MAP_1M, 1);
	}
	if (pud_none(*region)) {
		set_pud(region, __pud(__pa(va) | pgprot_val(REGION3_KERNEL)));
		update_page_count(PG_DIRECT_MAP_2G, 1);
	}
}
