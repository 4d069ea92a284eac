/* What a case about the report needs: a counter that is off without CONFIG_PROC_FS, and code that counts every account. */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

#ifdef CONFIG_PROC_FS
static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes;
}
#else
static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket) { }
#endif

static void map_page(pte_t *slot, unsigned long va, unsigned long pfn, bool cont)
{
	pgprot_t prot = PAGE_KERNEL;

	if (!pte_none(__ptep_get(slot)))
		return;
	if (cont)
		prot = __pgprot(pgprot_val(prot) | PTE_CONT);
	__set_pte(slot, pfn_pte(pfn, prot));
	lm_meminfo_add(va, PAGE_SIZE, cont ? CONT_PTE : PTE);
}

static void map_block(pmd_t *slot, unsigned long va, unsigned long pfn, bool cont)
{
	pgprot_t prot = PAGE_KERNEL;

	if (!pmd_none(pmdp_get(slot)))
		return;
	if (cont)
		prot = __pgprot(pgprot_val(prot) | PTE_CONT);
	set_pmd(slot, pfn_pmd(pfn, prot));
	lm_meminfo_add(va, PMD_SIZE, cont ? CONT_PMD : PMD);
}

static void map_huge(pud_t *slot, unsigned long va, unsigned long pfn)
{
	if (!pud_none(pudp_get(slot)))
		return;
	set_pud(slot, pfn_pud(pfn, PAGE_KERNEL));
	lm_meminfo_add(va, PUD_SIZE, PUD);
}

void map_three(pte_t *page, pmd_t *block, pud_t *huge, unsigned long va, unsigned long pfn, bool cont)
{
	map_page(page, va, pfn, cont);
	map_block(block, va + PMD_SIZE, pfn, cont);
	map_huge(huge, va + PUD_SIZE, pfn);
}
