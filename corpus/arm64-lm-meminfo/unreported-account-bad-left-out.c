/* include: counted.h */
/* The last account before the end is left out: the loop stops one short of it, and the line after is for the PUDs. */
#ifdef CONFIG_PROC_FS
void arch_report_meminfo(struct seq_file *out) /* expect: unreported-account "never prints CONT_PMD" */
{
	enum lm_type which;

	for (which = PTE; which < CONT_PMD; which++)
		seq_printf(out, "DirectMap_%u: %8lu kB\n", which, lm_meminfo[which] >> 10);
	if (pud_sect_supported())
		seq_printf(out, "DirectMap_%u: %8lu kB\n", PUD, lm_meminfo[PUD] >> 10);
}
#endif
