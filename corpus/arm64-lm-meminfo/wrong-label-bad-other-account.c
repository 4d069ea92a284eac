/* include: counted.h */
/* A line copied and half changed: blocks appear under the size of contiguous pages; and megabytes are called kB. */
#ifdef CONFIG_PROC_FS
#if defined(CONFIG_ARM64_4K_PAGES)
static const char * const lm_name[NR_LM_TYPE] = { "4k", "64k", "2M", "32M", "1G" };
#elif defined(CONFIG_ARM64_16K_PAGES)
static const char * const lm_name[NR_LM_TYPE] = { "16k", "2M", "32M", "1G", "64G" };
#else
static const char * const lm_name[NR_LM_TYPE] = { "64k", "2M", "512M", "16G", "4T" };
#endif

void arch_report_meminfo(struct seq_file *out)
{
	seq_printf(out, "DirectMap%s: %8lu kB\n", lm_name[PTE], lm_meminfo[PTE] >> 10);
	seq_printf(out, "DirectMap%s: %8lu kB\n", lm_name[CONT_PTE], lm_meminfo[CONT_PTE] >> 10);
	/* expect: wrong-label "PMD under the label of CONT_PTE" */
	seq_printf(out, "DirectMap%s: %8lu kB\n", lm_name[CONT_PTE], lm_meminfo[PMD] >> 10);
	/* expect: wrong-label "CONT_PMD in units of 1048576 bytes as kB" */
	seq_printf(out, "DirectMap%s: %8lu kB\n", lm_name[CONT_PMD], lm_meminfo[CONT_PMD] >> 20);
	seq_printf(out, "DirectMap%s: %8lu kB\n", lm_name[PUD], READ_ONCE(lm_meminfo[PUD]) / 1024);
}
#endif
