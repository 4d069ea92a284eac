/* include: preamble.h */
/* 32-bit kernels without PAE have entries of 4M. */
void arch_report_meminfo(struct seq_file *out)
{
	seq_printf(out, "DirectMap4k:    %8lu kB\n", direct_pages_count[PG_LEVEL_4K] << 2);
	seq_printf(out, "DirectMap2M:    %8lu kB\n", direct_pages_count[PG_LEVEL_2M] << 11); /* expect: wrong-label "32-bit" */
	if (direct_gbpages)
		seq_printf(out, "DirectMap1G:    %8lu kB\n", direct_pages_count[PG_LEVEL_1G] << 20);
}
