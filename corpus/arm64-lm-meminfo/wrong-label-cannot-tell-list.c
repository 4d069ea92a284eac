/* include: counted.h */
/* What is printed hangs on a list that somebody else fills: nothing can be said of the labels. */
#ifdef CONFIG_PROC_FS
/* cannot-tell: "how often this loop runs" */
void arch_report_meminfo(struct seq_file *out)
{
	struct lm_line *line;

	list_for_each_entry(line, &lm_lines, node)
		seq_printf(out, "DirectMap%s: %8lu kB\n", line->name, lm_meminfo[line->which] >> 10);
}
#endif
