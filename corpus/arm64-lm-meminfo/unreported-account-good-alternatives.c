/* include: counted.h */
/* Two ways to print the same, one of which is taken; what is summed up is printed as well; PUDs are not everywhere. */
/* expect: nothing */
#ifdef CONFIG_PROC_FS
void arch_report_meminfo(struct seq_file *out)
{
	if (lm_verbose) {
		seq_printf(out, "DirectMapPte: %8lu kB\n", lm_meminfo[PTE] >> 10);
		seq_printf(out, "DirectMapContPte: %8lu kB\n", lm_meminfo[CONT_PTE] >> 10);
	} else {
		seq_printf(out, "DirectMapPte: %8lu kB\n", (lm_meminfo[PTE] + lm_meminfo[CONT_PTE]) >> 10);
	}
	seq_printf(out, "DirectMapPmd: %8lu kB\nDirectMapContPmd: %8lu kB\n", lm_meminfo[PMD] >> 10,
		   lm_meminfo[CONT_PMD] >> 10);
#ifdef CONFIG_ARM64_4K_PAGES
	seq_printf(out, "DirectMapPud: %8lu kB\n", lm_meminfo[PUD] >> 10);
#endif
}
#endif
