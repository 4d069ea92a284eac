/* include: counted.h */
/* Labels from a table by page size, a switch, a macro: each is the size of the leaf where there is one. */
/* expect: nothing */
#ifdef CONFIG_PROC_FS
#define lm_kb(which) (READ_ONCE(lm_meminfo[which]) >> 10)

static const struct {
	const char *page, *block;
} lm_name = {
#if defined(CONFIG_ARM64_4K_PAGES)
	.page = "4k", .block = "2M",
#elif defined(CONFIG_ARM64_16K_PAGES)
	.page = "16k", .block = "32M",
#else
	.page = "64k", .block = "512M",
#endif
};

static const char *lm_cont_name(enum lm_type which)
{
	switch (which) {
	case CONT_PTE:
		return PAGE_SIZE == SZ_4K ? "64k" : "2M";
	case CONT_PMD:
		if (IS_ENABLED(CONFIG_ARM64_4K_PAGES))
			return "32M";
		return IS_ENABLED(CONFIG_ARM64_16K_PAGES) ? "1G" : "16G";
	default:
		return "?";
	}
}

void arch_report_meminfo(struct seq_file *out)
{
	seq_printf(out, "DirectMap%s: ", lm_name.page);
	seq_printf(out, "%8lu kB\n", lm_kb(PTE));
	seq_printf(out, "DirectMap%s: %8lu kB\n", lm_cont_name(CONT_PTE), lm_kb(CONT_PTE));
	seq_printf(out, "DirectMap" "%s: %*lu kB\n", lm_name.block, 8, lm_kb(PMD));
	seq_printf(out, "DirectMap%s: %8lu kB\n", lm_cont_name(CONT_PMD), lm_kb(CONT_PMD));
	if (pud_sect_supported())
		seq_printf(out, "DirectMap1G: %8lu kB\n", lm_kb(PUD));
}
#endif
