/* Entries times the size of a leaf, in kB: a shift that each label must agree with. */
/* expect: nothing */
#ifdef CONFIG_PROC_FS
atomic_long_t direct_pages_count[MMU_PAGE_COUNT];

void arch_report_meminfo(struct seq_file *out)
{
	if (!radix_enabled())
		return;
	seq_printf(out, "DirectMap4k:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_4K]) << 2);
	seq_printf(out, "DirectMap64k:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_64K]) << 6);
	seq_printf(out, "DirectMap2M:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_2M]) << 11);
	seq_printf(out, "DirectMap1G:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_1G]) << 20);
}
#endif
