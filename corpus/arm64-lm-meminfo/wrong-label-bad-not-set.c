/* include: counted.h */
/* The arm for 64K pages has no name for the contiguous pages: what is printed is what the stack held. */
#ifdef CONFIG_PROC_FS
static void report_one(struct seq_file *out, const char *name, unsigned long bytes)
{
	seq_printf(out, "DirectMap%s: %8lu kB\n", name, bytes >> 10);
}

void arch_report_meminfo(struct seq_file *out)
{
	const char *page, *pages;

#ifdef CONFIG_ARM64_4K_PAGES
	page = "4k";
	pages = "64k";
#elif defined(CONFIG_ARM64_16K_PAGES)
	page = "16k";
	pages = "2M";
#elif defined(CONFIG_ARM64_64K_PAGES)
	page = "64k";
#endif
	report_one(out, page, lm_meminfo[PTE]);
	report_one(out, pages, lm_meminfo[CONT_PTE]); /* expect: wrong-label "never set (64K)" */
	report_one(out, "Block", lm_meminfo[PMD]);
	report_one(out, "Blocks", lm_meminfo[CONT_PMD]);
	report_one(out, "Huge", lm_meminfo[PUD]);
}
#endif
