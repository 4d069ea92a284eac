/* include: counted.h */
/* The loop prints every account, and a line that was there before it was left in. */
#ifdef CONFIG_PROC_FS
static const char * const lm_name[] = { "Pte", "ContPte", "Pmd", "ContPmd", "Pud" };

void arch_report_meminfo(struct seq_file *out)
{
	int which = NR_LM_TYPE;

	seq_printf(out, "DirectMapPte: %8lu kB\n", lm_meminfo[PTE] >> 10);
	for (which = 0; which < NR_LM_TYPE; which++)
		seq_printf(out, "DirectMap%s: %8lu kB\n", lm_name[which], lm_meminfo[which] >> 10); /* expect: unreported-account "prints PTE twice" */
}
#endif
