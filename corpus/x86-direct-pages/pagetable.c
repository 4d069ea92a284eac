/*
 * A small but complete page-table file in the manner of x86: it maps, repaints, splits, joins and unmaps the direct map and
 * vmemmap, and counts the entries of the direct map at every place that does. It exists because the parts must be proved
 * together: tallies, the flag that says what is counted, entries of several levels behind one type of pointer.
 */
/* expect: nothing */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <asm/pgalloc.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>

#define SIZES_ALL	((1 << PG_LEVEL_2M) | (1 << PG_LEVEL_1G))

static DEFINE_SPINLOCK(paint_lock);

#ifdef CONFIG_PROC_FS
static unsigned long direct_pages_count[PG_LEVEL_NUM];

void update_page_count(int which, unsigned long entries)
{
	spin_lock(&pgd_lock);
	direct_pages_count[which] += entries;
	spin_unlock(&pgd_lock);
}

/* One entry has become a table full of those of the next level; pgd_lock is held. */
static void split_page_count(int which)
{
	direct_pages_count[which - 1] += PTRS_PER_PTE;
	direct_pages_count[which] -= 1;
}

/* And the other way round. */
static void collapse_page_count(int which)
{
	direct_pages_count[which - 1] -= PTRS_PER_PTE;
	direct_pages_count[which] += 1;
}

static void show_level(struct seq_file *out, const char *name, int which, unsigned long size)
{
	seq_printf(out, "DirectMap%s: %8lu kB\n", name, direct_pages_count[which] * (size >> 10));
}

void arch_report_meminfo(struct seq_file *out)
{
	show_level(out, "4k", PG_LEVEL_4K, PAGE_SIZE);
#if defined(CONFIG_X86_64) || defined(CONFIG_X86_PAE)
	show_level(out, "2M", PG_LEVEL_2M, PMD_SIZE);
#else
	show_level(out, "4M", PG_LEVEL_2M, PMD_SIZE);
#endif
#ifdef CONFIG_X86_64
	show_level(out, "1G", PG_LEVEL_1G, PUD_SIZE);
#endif
}
#else
void update_page_count(int which, unsigned long entries) { }
static void split_page_count(int which) { }
static void collapse_page_count(int which) { }
#endif

static bool fits(unsigned long sizes, int which, unsigned long ends, unsigned long mask)
{
	return (sizes & (1 << which)) && (ends & ~mask) == 0;
}

/* ---- map ---- */

static void fill_ptes(pte_t *table, unsigned long va, unsigned long stop, pgprot_t prot, bool direct)
{
	pte_t *slot = table + pte_index(va);
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		set_pte(slot, pfn_pte(__pa(va) >> PAGE_SHIFT, prot));
		pages++;
	}
	if (direct)
		update_page_count(PG_LEVEL_4K, pages);
}

static int fill_pmds(pmd_t *table, unsigned long va, unsigned long stop, unsigned long sizes, pgprot_t prot, bool direct)
{
	pmd_t *slot = table + pmd_index(va);
	unsigned long big = 0, next;
	int err = 0;

	for (; va < stop; va = next, slot++) {
		pte_t *below;

		next = pmd_addr_end(va, stop);
		if (pmd_leaf(*slot))
			continue;
		if (!pmd_none(*slot)) {
			fill_ptes((pte_t *)pmd_page_vaddr(*slot), va, next, prot, direct);
			continue;
		}
		if (fits(sizes, PG_LEVEL_2M, va | next, PMD_MASK)) {
			set_pmd(slot, pfn_pmd(__pa(va) >> PAGE_SHIFT, prot_sethuge(prot)));
			big++;
			continue;
		}
		below = (pte_t *)get_zeroed_page(GFP_KERNEL);
		if (!below) {
			err = -ENOMEM;
			goto out;
		}
		fill_ptes(below, va, next, prot, direct);
		pmd_populate_kernel(&init_mm, slot, below);
	}
out:
	if (direct)
		update_page_count(PG_LEVEL_2M, big);
	return err;
}

static int fill_puds(pud_t *table, unsigned long va, unsigned long stop, unsigned long sizes, pgprot_t prot, bool direct)
{
	pud_t *slot = table + pud_index(va);
	unsigned long huge = 0, next;
	int err = 0;

	for (; va < stop && !err; va = next, slot++) {
		next = pud_addr_end(va, stop);
		if (pud_leaf(*slot))
			continue;
		if (pud_none(*slot) && direct_gbpages && fits(sizes, PG_LEVEL_1G, va | next, PUD_MASK)) {
			set_pud(slot, pfn_pud(__pa(va) >> PAGE_SHIFT, prot_sethuge(prot)));
			huge++;
			continue;
		}
		if (pud_none(*slot)) {
			pmd_t *below = (pmd_t *)get_zeroed_page(GFP_KERNEL);

			if (!below) {
				err = -ENOMEM;
				break;
			}
			pud_populate(&init_mm, slot, below);
		}
		err = fill_pmds(pud_pgtable(*slot), va, next, sizes, prot, direct);
	}
	if (direct)
		update_page_count(PG_LEVEL_1G, huge);
	return err;
}

static int fill_range(unsigned long va, unsigned long stop, unsigned long sizes, pgprot_t prot, bool direct)
{
	unsigned long next;
	int err = 0;

	for (; va < stop && !err; va = next) {
		p4d_t *dir = p4d_alloc(&init_mm, pgd_offset_k(va), va);

		next = p4d_addr_end(va, stop);
		if (!dir || !pud_alloc(&init_mm, dir, va))
			return -ENOMEM;
		err = fill_puds(p4d_pgtable(*dir), va, next, sizes, prot, direct);
	}
	return err;
}

/* ---- unmap ---- */

static void drop_ptes(pte_t *table, unsigned long va, unsigned long stop, bool direct)
{
	pte_t *slot = table + pte_index(va);
	unsigned long pages = 0;

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		if (!direct)
			free_page((unsigned long)__va(pte_pfn(*slot) << PAGE_SHIFT));
		pte_clear(&init_mm, va, slot);
		pages++;
	}
	if (direct)
		update_page_count(PG_LEVEL_4K, -pages);
}

static void drop_pmds(pmd_t *table, unsigned long va, unsigned long stop, bool direct)
{
	pmd_t *slot = table + pmd_index(va);
	unsigned long big = 0, next;

	for (; va < stop; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (!pmd_present(*slot))
			continue;
		if (pmd_leaf(*slot)) {
			pmd_clear(slot);
			big++;
		} else {
			drop_ptes((pte_t *)pmd_page_vaddr(*slot), va, next, direct);
		}
	}
	if (direct)
		update_page_count(PG_LEVEL_2M, -big);
}

static void drop_puds(pud_t *table, unsigned long va, unsigned long stop, bool direct)
{
	pud_t *slot = table + pud_index(va);
	unsigned long huge = 0, next;

	for (; va < stop; va = next, slot++) {
		next = pud_addr_end(va, stop);
		if (!pud_present(*slot))
			continue;
		if (pud_leaf(*slot)) {
			pud_clear(slot);
			huge++;
			continue;
		}
		drop_pmds(pmd_offset(slot, 0), va, next, direct);
	}
	if (direct)
		update_page_count(PG_LEVEL_1G, -huge);
}

static void free_pte_table(pmd_t *dir)
{
	pte_t *table = (pte_t *)pmd_page_vaddr(*dir);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_none(table[i]))
			return;

	/* Nothing is below it any more: this takes a table away and no leaf. */
	pmd_clear(dir);
	free_page((unsigned long)table);
}

static void free_pte_tables(pud_t *dir, unsigned long va, unsigned long stop)
{
	unsigned long next;

	for (; va < stop; va = next) {
		pmd_t *slot = pmd_offset(dir, va);

		next = pmd_addr_end(va, stop);
		if (pmd_present(*slot) && !pmd_leaf(*slot))
			free_pte_table(slot);
	}
}

static void drop_range(unsigned long va, unsigned long stop, bool direct)
{
	unsigned long next;

	for (; va < stop; va = next) {
		pgd_t *top = pgd_offset_k(va);
		p4d_t *dir;
		pud_t *slot;

		next = pud_addr_end(va, stop);
		if (!pgd_present(*top))
			continue;
		dir = p4d_offset(top, va);
		if (!p4d_present(*dir))
			continue;
		drop_puds(pud_offset(dir, 0), va, next, direct);
		flush_tlb_kernel_range(va, next);
		slot = pud_offset(dir, va);
		if (pud_present(*slot) && !pud_leaf(*slot))
			free_pte_tables(slot, va, next);
	}
}

/* ---- split, join and repaint ---- */

/* What a pointer to an entry points to is known by the level that was found with it. */
static int break_leaf(pte_t *slot, unsigned long va, struct page *base)
{
	pte_t *below = (pte_t *)page_address(base), *seen;
	unsigned long pfn, step = 1;
	unsigned int level, i;
	pgprot_t prot;

	spin_lock(&pgd_lock);
	seen = lookup_address(va, &level);
	if (seen != slot)
		goto other;

	switch (level) {
	case PG_LEVEL_2M:
		prot = pgprot_large_2_4k(pmd_pgprot(*(pmd_t *)slot));
		pfn = pmd_pfn(*(pmd_t *)slot);
		break;
	case PG_LEVEL_1G:
		prot = pud_pgprot(*(pud_t *)slot);
		pfn = pud_pfn(*(pud_t *)slot);
		step = PMD_SIZE >> PAGE_SHIFT;
		break;
	default:
		goto other;
	}

	for (i = 0; i < PTRS_PER_PTE; i++, pfn += step)
		set_pte(below + i, pfn_pte(pfn, prot));
	if (virt_addr_valid(va))
		split_page_count(level);
	set_pte_atomic(slot, mk_pte(base, __pgprot(_KERNPG_TABLE)));
	spin_unlock(&pgd_lock);
	flush_tlb_all();
	return 0;

other:
	spin_unlock(&pgd_lock);
	return 1;
}

static int break_at(pte_t *slot, unsigned long va)
{
	struct page *base = alloc_pages(GFP_KERNEL, 0);

	if (!base)
		return -ENOMEM;
	if (break_leaf(slot, va, base))
		__free_page(base);
	return 0;
}

/* Give one page other permissions; what maps more than that is split first. */
static int paint_page(unsigned long va, pgprot_t prot)
{
	unsigned int level;
	pte_t *slot;
	int err;

again:
	slot = lookup_address(va, &level);
	if (!slot || pte_none(*slot))
		return 0;
	if (level == PG_LEVEL_4K) {
		set_pte_atomic(slot, pfn_pte(pte_pfn(*slot), prot));
		return 0;
	}
	err = break_at(slot, va);
	if (!err)
		goto again;
	return err;
}

static int paint(unsigned long va, int pages, pgprot_t prot)
{
	int err = 0;

	spin_lock(&paint_lock);
	for (; pages > 0 && !err; pages--, va += PAGE_SIZE)
		err = paint_page(va, prot);
	spin_unlock(&paint_lock);
	return err;
}

/* Give all pages of a table the same permissions, as one large entry. */
static int join_pages(unsigned long va, pgprot_t prot)
{
	pmd_t *dir = lookup_pmd_address(va);
	pte_t *table;
	unsigned long pfn;
	int i;

	if (!dir || !pmd_present(*dir) || pmd_leaf(*dir))
		return 0;
	table = pte_offset_kernel(dir, 0);
	pfn = pte_pfn(table[0]);
	if (pfn & (PTRS_PER_PTE - 1))
		return 0;
	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_present(table[i]) || pte_pfn(table[i]) != pfn + i)
			return 0;

	spin_lock(&pgd_lock);
	set_pmd(dir, pfn_pmd(pfn, prot_sethuge(prot)));
	if (virt_addr_valid(va))
		collapse_page_count(PG_LEVEL_2M);
	spin_unlock(&pgd_lock);
	flush_tlb_all();
	free_page((unsigned long)table);
	return 1;
}

int set_memory_ro(unsigned long addr, int numpages)
{
	return paint(addr, numpages, PAGE_KERNEL_RO);
}

int set_memory_rw(unsigned long addr, int numpages)
{
	return paint(addr, numpages, PAGE_KERNEL);
}

int set_memory_rox(unsigned long addr, int numpages)
{
	int err = paint(addr, numpages, PAGE_KERNEL_ROX);

	return err < 0 ? err : join_pages(addr, PAGE_KERNEL_ROX);
}

/* ---- boot, hotplug, vmemmap ---- */

void __init init_mem_range(unsigned long start, unsigned long end, unsigned long sizes)
{
	if (fill_range((unsigned long)__va(start), (unsigned long)__va(end), sizes, PAGE_KERNEL, true))
		panic("no memory for page tables\n");
}

int arch_add_memory(int nid, u64 start, u64 size, struct mhp_params *params)
{
	unsigned long va = (unsigned long)__va(start);
	int err;

	err = fill_range(va, va + size, SIZES_ALL, params->pgprot, true);
	if (!err)
		err = __add_pages(nid, start >> PAGE_SHIFT, size >> PAGE_SHIFT, params);
	if (err)
		drop_range(va, va + size, true);
	return err;
}

void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap)
{
	unsigned long va = (unsigned long)__va(start);

	__remove_pages(start >> PAGE_SHIFT, size >> PAGE_SHIFT, altmap);
	drop_range(va, va + size, true);
}

int vmemmap_populate(unsigned long start, unsigned long end, int node, struct vmem_altmap *altmap)
{
	return fill_range(start, end, 1 << PG_LEVEL_2M, PAGE_KERNEL, false);
}

void vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	drop_range(start, end, false);
}
