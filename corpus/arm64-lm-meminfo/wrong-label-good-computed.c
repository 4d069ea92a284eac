/* include: counted.h */
/* The label is computed from the size of the leaf, in a loop over all accounts. */
/* expect: nothing */
#ifdef CONFIG_PROC_FS
static const unsigned long leaf_size[] = {
	[PTE] = PAGE_SIZE, [CONT_PTE] = CONT_PTE_SIZE, [PMD] = PMD_SIZE, [CONT_PMD] = CONT_PMD_SIZE, [PUD] = PUD_SIZE,
};

void arch_report_meminfo(struct seq_file *out)
{
	unsigned long total = 0;

	for (int which = 0; which < ARRAY_SIZE(leaf_size); which++) {
		unsigned long kb = lm_meminfo[which] >> 10;

		if (which == PUD && !pud_sect_supported())
			break;
		seq_printf(out, "DirectMap%luk: %8lu kB\n", leaf_size[which] >> 10, kb);
		total += kb;
	}
	seq_printf(out, "DirectMapTotal: %8lu kB\n", total);
}
#endif
