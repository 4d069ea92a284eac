/* include: counted.h */
/* Five names a geometry, and two of the fifteen are wrong: each in the one geometry that nobody boots. */
#ifdef CONFIG_PROC_FS
void arch_report_meminfo(struct seq_file *out)
{
	const char *name[NR_LM_TYPE];

#if defined(CONFIG_ARM64_4K_PAGES)
	name[PTE] = "4k";
	name[CONT_PTE] = "64k";
	name[PMD] = "2M";
	name[CONT_PMD] = "32M";
	name[PUD] = "1G";
#elif defined(CONFIG_ARM64_16K_PAGES)
	name[PTE] = "16k";
	name[CONT_PTE] = "2M";
	name[PMD] = "32M";
	name[CONT_PMD] = "1G";
	name[PUD] = "32G"; /* expect: wrong-label "`32G` where its leaf is 64G (16K)" */
#else
	name[PTE] = "64k";
	name[CONT_PTE] = "2M";
	name[PMD] = "512M";
	name[CONT_PMD] = "16M"; /* expect: wrong-label "`16M` where its leaf is 16G (64K)" */
	name[PUD] = "4T";
#endif

	for (int which = PTE; which < PUD; which++)
		seq_printf(out, "DirectMap%s: %8lu kB\n", name[which], lm_meminfo[which] >> 10);
	if (pud_sect_supported())
		seq_printf(out, "DirectMap%s: %8lu kB\n", name[PUD], lm_meminfo[PUD] >> 10);
}
#endif
