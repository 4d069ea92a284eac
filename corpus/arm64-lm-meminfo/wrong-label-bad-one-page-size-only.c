/* include: counted.h */
/* Written for 4K pages, as x86 does it, and built for all three. */
#ifdef CONFIG_PROC_FS
void arch_report_meminfo(struct seq_file *out)
{
	/* expect: wrong-label "PTE as `4k` where its leaf is 16k (16K), `4k` where its leaf is 64k (64K)" */
	seq_put_decimal_ull_width(out, "DirectMap4k:    ", lm_meminfo[PTE] >> 10, 8);
	/* expect: wrong-label "PMD" */
	seq_put_decimal_ull_width(out, " kB\nDirectMap2M:    ", lm_meminfo[PMD] >> 10, 8);
	if (pud_sect_supported()) {	/* never but with 4K pages */
		seq_put_decimal_ull_width(out, " kB\nDirectMap1G:    ", lm_meminfo[PUD] >> 10, 8);
	}
	seq_puts(out, " kB\n");
	seq_printf(out, "DirectMapCont: %lu kB\n", (lm_meminfo[CONT_PTE] + lm_meminfo[CONT_PMD]) >> 10);
}
#endif
