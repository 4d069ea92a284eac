/* include: preamble.h */
/* Gigabytes are counted, and nobody is told. */
void map_huge(pud_t *slot, unsigned long pfn, pgprot_t prot)
{
	if (!pud_none(*slot))
		return;
	set_pud(slot, pfn_pud(pfn, prot));
	update_page_count(PG_LEVEL_1G, 1);
}

void arch_report_meminfo(struct seq_file *out) /* expect: unreported-account "PG_LEVEL_1G" */
{
	seq_printf(out, "DirectMap4k:    %8lu kB\n", direct_pages_count[PG_LEVEL_4K] << 2);
#if defined(CONFIG_X86_64) || defined(CONFIG_X86_PAE)
	seq_printf(out, "DirectMap2M:    %8lu kB\n", direct_pages_count[PG_LEVEL_2M] << 11);
#else
	seq_printf(out, "DirectMap4M:    %8lu kB\n", direct_pages_count[PG_LEVEL_2M] << 12);
#endif
}
