/* Contiguous blocks are reported and never counted: whoever adds them all up finds less than what is mapped. */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes;
}

void arch_report_meminfo(struct seq_file *out)
{
	seq_printf(out, "DirectMapBlock: %8lu kB\n", lm_meminfo[PMD] >> 10);
	seq_printf(out, "DirectMapBlocks: %8lu kB\n", lm_meminfo[CONT_PMD] >> 10); /* expect: unreported-account "ever counts" */
}

void map_block(pmd_t *slot, unsigned long va, unsigned long pfn)
{
	enum lm_type bucket = PMD;

	if (!pmd_none(pmdp_get(slot)))
		return;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PMD_SIZE, bucket);
}
