/*
 * A small but complete page-table file in the manner of arm64: it populates, splits and unmaps the linear map, and
 * counts at every place that does. It exists because the parts must be proved together: callers settle what callees
 * leave open. Three verdicts lean on an assumption, each a note.
 */
#include <linux/io.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/seq_file.h>
#include <asm/fixmap.h>
#include <asm/pgalloc.h>
#include <asm/tlbflush.h>

#define WANT_NO_BLOCK	BIT(0)
#define WANT_NO_CONT	BIT(1)

typedef phys_addr_t table_source(enum pgtable_level level);

static DEFINE_MUTEX(break_lock);
static bool breakable __ro_after_init;

enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

#ifdef CONFIG_PROC_FS
static DEFINE_SPINLOCK(lm_meminfo_lock);
static unsigned long lm_meminfo[NR_LM_TYPE];

static const unsigned long leaf_size[NR_LM_TYPE] = {
	PAGE_SIZE, CONT_PTE_SIZE, PMD_SIZE, CONT_PMD_SIZE, PUD_SIZE,
};

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (!__is_lm_address(va))
		return;
	spin_lock(&lm_meminfo_lock);
	lm_meminfo[bucket] += bytes;
	spin_unlock(&lm_meminfo_lock);
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (!__is_lm_address(va))
		return;
	spin_lock(&lm_meminfo_lock);
	lm_meminfo[bucket] -= bytes;
	spin_unlock(&lm_meminfo_lock);
}

void arch_report_meminfo(struct seq_file *out)
{
	int which;

	for (which = PTE; which < NR_LM_TYPE; which++)
		seq_printf(out, "DirectMap%luk: %8lu kB\n", leaf_size[which] >> 10, lm_meminfo[which] >> 10);
}
#else
static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket) { }
static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket) { }
#endif

static phys_addr_t lm_pgtable_alloc(enum pgtable_level level, gfp_t gfp)
{
	struct ptdesc *desc = pagetable_alloc(gfp & ~__GFP_ZERO, 0);

	return desc ? page_to_phys(ptdesc_page(desc)) : INVALID_PHYS_ADDR;
}

static phys_addr_t init_pgtable_alloc(enum pgtable_level level)
{
	return lm_pgtable_alloc(level, GFP_PGTABLE_KERNEL);
}

/* ---- populate ---- */

static void fill_ptes(pte_t *slot, unsigned long va, unsigned long stop, phys_addr_t pa, pgprot_t prot)
{
	do {
		pte_t was = __ptep_get(slot);

		__set_pte(slot, pfn_pte(__phys_to_pfn(pa), prot));

		/* A live page may get other permissions and nothing else. */
		BUG_ON(!pgattr_change_is_safe(pte_val(was), pte_val(__ptep_get(slot))));

		pa += PAGE_SIZE;
		slot++;
		va += PAGE_SIZE;
	} while (va != stop);
}

static int fill_cont_ptes(pmd_t *dir, unsigned long va, unsigned long stop, phys_addr_t pa, pgprot_t prot,
			  table_source *pgtable_alloc, int want)
{
	pmd_t seen = READ_ONCE(*dir);
	unsigned long next;
	pte_t *slot;

	BUG_ON(pmd_leaf(seen));
	if (pmd_none(seen)) {
		phys_addr_t table;

		BUG_ON(!pgtable_alloc);
		table = pgtable_alloc(PGTABLE_LEVEL_PTE);
		if (table == INVALID_PHYS_ADDR)
			return -ENOMEM;
		slot = pte_set_fixmap(table);
		clear_page(slot);
		slot += pte_index(va);
		__pmd_populate(dir, table, PMD_TYPE_TABLE | PMD_TABLE_AF);
	} else {
		BUG_ON(pmd_bad(seen));
		slot = pte_set_fixmap_offset(dir, va);
	}

	do {
		bool first_time = pte_none(__ptep_get(slot));
		pgprot_t use = prot;

		next = pte_cont_addr_end(va, stop);
		if (!(want & WANT_NO_CONT) && ((va | next | pa) & ~CONT_PTE_MASK) == 0)
			use = __pgprot(pgprot_val(use) | PTE_CONT);

		fill_ptes(slot, va, next, pa, use);

		if (first_time) {
			if (pgprot_val(use) & PTE_CONT)
				lm_meminfo_add(va, next - va, CONT_PTE);
			else
				lm_meminfo_add(va, next - va, PTE); /* expect: sampled-guard */
		}

		pa += next - va;
		slot += pte_index(next) - pte_index(va);
		va = next;
	} while (va != stop);

	pte_clear_fixmap();
	return 0;
}

static int fill_pmds(pmd_t *slot, unsigned long va, unsigned long stop, phys_addr_t pa, pgprot_t prot,
		     table_source *pgtable_alloc, int want)
{
	unsigned long next;
	int err;

	do {
		pmd_t was = READ_ONCE(*slot);
		bool first_time = pmd_none(was);

		next = pmd_addr_end(va, stop);
		if ((want & WANT_NO_BLOCK) || ((va | next | pa) & ~PMD_MASK)) {
			err = fill_cont_ptes(slot, va, next, pa, prot, pgtable_alloc, want);
			if (err)
				return err;
		} else {
			set_pmd(slot, pfn_pmd(__phys_to_pfn(pa), prot));
			if (first_time)
				lm_meminfo_add(va, next - va, pgprot_val(prot) & PTE_CONT ? CONT_PMD : PMD);
			BUG_ON(!pgattr_change_is_safe(pmd_val(was), pmd_val(READ_ONCE(*slot))));
		}

		pa += next - va;
		slot++;
		va = next;
	} while (va != stop);

	return 0;
}

static int fill_cont_pmds(pud_t *dir, unsigned long va, unsigned long stop, phys_addr_t pa, pgprot_t prot,
			  table_source *pgtable_alloc, int want)
{
	pud_t seen = READ_ONCE(*dir);
	unsigned long next;
	pmd_t *slot;
	int err;

	BUG_ON(pud_leaf(seen));
	if (pud_none(seen)) {
		phys_addr_t table;

		BUG_ON(!pgtable_alloc);
		table = pgtable_alloc(PGTABLE_LEVEL_PMD);
		if (table == INVALID_PHYS_ADDR)
			return -ENOMEM;
		slot = pmd_set_fixmap(table);
		clear_page(slot);
		slot += pmd_index(va);
		__pud_populate(dir, table, PUD_TYPE_TABLE | PUD_TABLE_AF);
	} else {
		BUG_ON(pud_bad(seen));
		slot = pmd_set_fixmap_offset(dir, va);
	}

	do {
		pgprot_t use = prot;

		next = pmd_cont_addr_end(va, stop);
		if (!(want & WANT_NO_CONT) && ((va | next | pa) & ~CONT_PMD_MASK) == 0)
			use = __pgprot(pgprot_val(use) | PTE_CONT);

		err = fill_pmds(slot, va, next, pa, use, pgtable_alloc, want);
		if (err)
			break;

		pa += next - va;
		slot += pmd_index(next) - pmd_index(va);
		va = next;
	} while (va != stop);

	pmd_clear_fixmap();
	return err;
}

static int fill_puds(p4d_t *dir, unsigned long va, unsigned long stop, phys_addr_t pa, pgprot_t prot,
		     table_source *pgtable_alloc, int want)
{
	pud_t *slot = pud_set_fixmap_offset(dir, va);
	unsigned long next;
	int err = 0;

	do {
		pud_t was = READ_ONCE(*slot);
		bool first_time = pud_none(was);

		next = pud_addr_end(va, stop);
		if (pud_sect_supported() && !(want & WANT_NO_BLOCK) && ((va | next | pa) & ~PUD_MASK) == 0) {
			set_pud(slot, pfn_pud(__phys_to_pfn(pa), prot));
			if (first_time)
				lm_meminfo_add(va, next - va, PUD);
			BUG_ON(!pgattr_change_is_safe(pud_val(was), pud_val(READ_ONCE(*slot))));
		} else {
			err = fill_cont_pmds(slot, va, next, pa, prot, pgtable_alloc, want);
			if (err)
				goto done;
		}

		pa += next - va;
		slot++;
		va = next;
	} while (va != stop);

done:
	pud_clear_fixmap();
	return err;
}

/* ---- split ---- */

/* summary: CONT_PTE -CONT_PTE_SIZE, PTE +CONT_PTE_SIZE */
static void break_cont_pte(unsigned long va, pte_t *slot)
{
	pte_t *block = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PTES);
	int i;

	for (i = 0; i < CONT_PTES; i++, block++)
		__set_pte(block, pte_mknoncont(__ptep_get(block)));

	lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE);
	lm_meminfo_add(va, CONT_PTE_SIZE, PTE);
}

/* summary: PMD -PMD_SIZE, PTE +PMD_SIZE */
/* summary: PMD -PMD_SIZE, CONT_PTE +PMD_SIZE */
static int break_pmd(unsigned long va, pmd_t *slot, pmd_t was, gfp_t gfp, bool to_cont)
{
	pgprot_t prot = __pgprot(pgprot_val(pmd_pgprot(was)) & ~PTE_CONT);
	phys_addr_t table = lm_pgtable_alloc(PGTABLE_LEVEL_PTE, gfp);
	unsigned long pfn = pmd_pfn(was);
	pte_t *page;
	int i;

	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;

	if (to_cont)
		prot = __pgprot(pgprot_val(prot) | PTE_CONT);

	page = (pte_t *)phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PTE; i++)
		__set_pte(page + i, pfn_pte(pfn + i, prot));

	lm_meminfo_sub(va, PMD_SIZE, PMD);
	lm_meminfo_add(va, PMD_SIZE, to_cont ? CONT_PTE : PTE);

	/* The walker must see the pages before it sees the way to them. */
	dsb(ishst);
	__pmd_populate(slot, table, PMD_TYPE_TABLE | PMD_TABLE_AF);
	return 0;
}

/* summary: CONT_PMD -CONT_PMD_SIZE, PMD +CONT_PMD_SIZE */
static void break_cont_pmd(unsigned long va, pmd_t *slot)
{
	pmd_t *block = PTR_ALIGN_DOWN(slot, sizeof(*slot) * CONT_PMDS);
	int i;

	for (i = 0; i < CONT_PMDS; i++, block++)
		set_pmd(block, pmd_mknoncont(pmdp_get(block)));

	lm_meminfo_sub(va, CONT_PMD_SIZE, CONT_PMD);
	lm_meminfo_add(va, CONT_PMD_SIZE, PMD);
}

/* summary: PUD -PUD_SIZE, CONT_PMD +PUD_SIZE */
static int break_pud(unsigned long va, pud_t *slot, pud_t was, gfp_t gfp, bool to_cont)
{
	pgprot_t prot = __pgprot(pgprot_val(pud_pgprot(was)) & ~PTE_CONT);
	phys_addr_t table = lm_pgtable_alloc(PGTABLE_LEVEL_PMD, gfp);
	unsigned long pfn = pud_pfn(was);
	pmd_t *block;
	int i;

	if (table == INVALID_PHYS_ADDR)
		return -ENOMEM;

	if (to_cont)
		prot = __pgprot(pgprot_val(prot) | PTE_CONT);

	block = (pmd_t *)phys_to_virt(table);
	for (i = 0; i < PTRS_PER_PMD; i++, pfn += PMD_SIZE >> PAGE_SHIFT)
		set_pmd(block + i, pfn_pmd(pfn, prot));

	lm_meminfo_sub(va, PUD_SIZE, PUD);
	lm_meminfo_add(va, PUD_SIZE, to_cont ? CONT_PMD : PMD);

	dsb(ishst);
	__pud_populate(slot, table, PUD_TYPE_TABLE | PUD_TABLE_AF);
	return 0;
}

/* Make @va the first byte of a leaf. */
static int break_at(unsigned long va, pud_t *top)
{
	pud_t pud = pudp_get(top);
	pmd_t *dir, pmd;
	pte_t *slot;
	int err;

	if (!pud_present(pud) || IS_ALIGNED(va, PUD_SIZE))
		return 0;
	if (pud_leaf(pud)) {
		err = break_pud(va, top, pud, GFP_PGTABLE_KERNEL, true);
		if (err)
			return err;
	}

	dir = pmd_offset(top, va);
	pmd = pmdp_get(dir);
	if (!pmd_present(pmd) || IS_ALIGNED(va, CONT_PMD_SIZE))
		return 0;
	if (pmd_leaf(pmd)) {
		if (pmd_cont(pmd))
			break_cont_pmd(va, dir);
		if (IS_ALIGNED(va, PMD_SIZE))
			return 0;
		err = break_pmd(va, dir, pmd, GFP_PGTABLE_KERNEL, true);
		if (err)
			return err;
	}

	slot = pte_offset_kernel(dir, va);
	if (!IS_ALIGNED(va, CONT_PTE_SIZE) && pte_cont(__ptep_get(slot)))
		break_cont_pte(va, slot);
	return 0;
}

int split_kernel_leaf_mapping(unsigned long start, unsigned long end)
{
	int err;

	if (!breakable)
		return 0;

	mutex_lock(&break_lock);
	err = break_at(start, pud_offset(p4d_offset(pgd_offset_k(start), start), start));
	if (!err && end != start)
		err = break_at(end, pud_offset(p4d_offset(pgd_offset_k(end), end), end));
	mutex_unlock(&break_lock);
	return err;
}

static int to_pages_pmd(pmd_t *slot, unsigned long va, unsigned long next, struct mm_walk *walk)
{
	pmd_t was = pmdp_get(slot);

	if (!pmd_leaf(was))
		return 0;
	if (pmd_cont(was))
		break_cont_pmd(va, slot);
	walk->action = ACTION_CONTINUE;
	return break_pmd(va, slot, was, GFP_ATOMIC, false);
}

static int to_pages_pte(pte_t *slot, unsigned long va, unsigned long next, struct mm_walk *walk)
{
	if (pte_cont(__ptep_get(slot)))
		break_cont_pte(va, slot);
	return 0;
}

static const struct mm_walk_ops to_pages = {
	.pmd_entry = to_pages_pmd,
	.pte_entry = to_pages_pte,
};

int __init repaint_with_pages(unsigned long start, unsigned long end)
{
	return walk_kernel_page_table_range_lockless(start, end, &to_pages, NULL, NULL);
}

/* ---- unmap ---- */

static void drop_ptes(pte_t *slot, unsigned long va, unsigned long stop)
{
	for (; va < stop; slot++, va += PAGE_SIZE) {
		pte_t was = __ptep_get(slot);

		if (pte_none(was))
			continue;
		WARN_ON(!pte_present(was));
		__pte_clear(&init_mm, va, slot);
		lm_meminfo_sub(va, PAGE_SIZE, PTE);
	}
}

static void drop_cont_ptes(pmd_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	do {
		pte_t *slot = pte_offset_kernel(dir, va);
		pte_t was = __ptep_get(slot);

		next = pte_cont_addr_end(va, stop);
		if (pte_present(was) && pte_cont(was)) {
			/* The pages of the block go one by one, as pages. */
			lm_meminfo_sub(va, CONT_PTE_SIZE, CONT_PTE); /* expect: clipped-range */
			lm_meminfo_add(va, CONT_PTE_SIZE, PTE);
		}
		drop_ptes(slot, va, next);
		va = next;
	} while (va < stop);
}

static void drop_pmds(pmd_t *slot, unsigned long va, unsigned long stop)
{
	unsigned long next;

	do {
		pmd_t was = READ_ONCE(*slot);

		next = pmd_addr_end(va, stop);
		if (pmd_none(was))
			continue;
		if (pmd_table(was)) {
			drop_cont_ptes(slot, va, next);
			continue;
		}
		pmd_clear(slot);
		lm_meminfo_sub(va, PMD_SIZE, PMD);
	} while (slot++, va = next, va < stop);
}

static void drop_cont_pmds(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	do {
		pmd_t *slot = pmd_offset(dir, va);
		pmd_t was = READ_ONCE(*slot);

		next = pmd_cont_addr_end(va, stop);
		if (pmd_leaf(was) && pmd_cont(was)) {
			lm_meminfo_sub(va, CONT_PMD_SIZE, CONT_PMD); /* expect: clipped-range */
			lm_meminfo_add(va, CONT_PMD_SIZE, PMD);
		}
		drop_pmds(slot, va, next);
		va = next;
	} while (va < stop);
}

static void drop_puds(p4d_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	do {
		pud_t *slot = pud_offset(dir, va);
		pud_t was = READ_ONCE(*slot);

		next = pud_addr_end(va, stop);
		if (pud_leaf(was)) {
			pud_clear(slot);
			lm_meminfo_sub(va, PUD_SIZE, PUD);
		} else if (!pud_none(was)) {
			drop_cont_pmds(slot, va, next);
		}
		va = next;
	} while (va < stop);
}

static void free_pte_table(pmd_t *dir, unsigned long va)
{
	pte_t *table = pte_offset_kernel(dir, 0UL);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_none(__ptep_get(&table[i])))
			return;

	/* Nothing is below it any more: this takes a table away and no leaf. */
	pmd_clear(dir);
	__flush_tlb_kernel_pgtable(va);
	__free_page(virt_to_page(table));
}

static void free_pte_tables(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	for (; va < stop; va = next) {
		pmd_t *slot = pmd_offset(dir, va);

		next = pmd_addr_end(va, stop);
		if (pmd_table(READ_ONCE(*slot)))
			free_pte_table(slot, va);
	}
}

/* ---- hotplug ---- */

static void forget_range(unsigned long start, unsigned long end)
{
	p4d_t *dir = p4d_offset(pgd_offset_k(start), start);

	drop_puds(dir, start, end);
	flush_tlb_kernel_range(start, end);
	free_pte_tables(pud_offset(dir, start), start, end);
}

int arch_add_memory(int nid, u64 start, u64 size, struct mhp_params *params)
{
	unsigned long va = __phys_to_virt(start);
	int err;

	err = fill_puds(p4d_offset(pgd_offset_k(va), va), va, va + size, start, params->pgprot, init_pgtable_alloc, 0);
	if (!err)
		err = __add_pages(nid, start >> PAGE_SHIFT, size >> PAGE_SHIFT, params);
	if (err)
		forget_range(va, va + size);
	return err;
}

void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap)
{
	unsigned long va = __phys_to_virt(start);

	__remove_pages(start >> PAGE_SHIFT, size >> PAGE_SHIFT, altmap);
	forget_range(va, va + size);
}
