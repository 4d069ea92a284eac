/* include: preamble.h */
/* The same, as a product with the size of the leaf. */
/* expect: nothing */
static void show(struct seq_file *out, const char *name, unsigned long entries, unsigned long size)
{
	seq_printf(out, "DirectMap%s: %8lu kB\n", name, entries * (size >> 10));
}

void arch_report_meminfo(struct seq_file *out)
{
	show(out, "4k", direct_pages_count[PG_LEVEL_4K], PAGE_SIZE);
#if defined(CONFIG_X86_64) || defined(CONFIG_X86_PAE)
	show(out, "2M", direct_pages_count[PG_LEVEL_2M], PMD_SIZE);
#else
	show(out, "4M", direct_pages_count[PG_LEVEL_2M], PMD_SIZE);
#endif
#ifdef CONFIG_X86_64
	show(out, "1G", direct_pages_count[PG_LEVEL_1G], PUD_SIZE);
#endif
}
