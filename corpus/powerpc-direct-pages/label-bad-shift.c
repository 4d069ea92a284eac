/* The shift of 4k pages stands before blocks of 2M; and a label says 2M of what is a gigabyte. */
#ifdef CONFIG_PROC_FS
atomic_long_t direct_pages_count[MMU_PAGE_COUNT];

void arch_report_meminfo(struct seq_file *out)
{
	if (!radix_enabled())
		return;
	seq_printf(out, "DirectMap4k:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_4K]) << 2);
	seq_printf(out, "DirectMap64k:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_64K]) << 6);
	/* expect: wrong-label */
	seq_printf(out, "DirectMap2M:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_2M]) << 2);
	/* expect: wrong-label */
	seq_printf(out, "DirectMap2M:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_1G]) << 20);
}
#endif
