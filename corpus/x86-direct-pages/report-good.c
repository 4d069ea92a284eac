/* include: preamble.h */
/* Entries, times the kB that each maps: a shift by the size of the leaf in kB. */
/* expect: nothing */
void arch_report_meminfo(struct seq_file *out)
{
	seq_printf(out, "DirectMap4k:    %8lu kB\n", direct_pages_count[PG_LEVEL_4K] << 2);
#if defined(CONFIG_X86_64) || defined(CONFIG_X86_PAE)
	seq_printf(out, "DirectMap2M:    %8lu kB\n", direct_pages_count[PG_LEVEL_2M] << 11);
#else
	seq_printf(out, "DirectMap4M:    %8lu kB\n", direct_pages_count[PG_LEVEL_2M] << 12);
#endif
	if (direct_gbpages)
		seq_printf(out, "DirectMap1G:    %8lu kB\n", direct_pages_count[PG_LEVEL_1G] << 20);
}
