/*
 * A small but complete page-table file in the manner of s390: it builds the identity mapping at boot, adds to it and
 * takes from it, changes permissions and splits large pages for that, and counts entries at every place that maps or
 * unmaps one. The memory map, shadow memory and the kernel image go through the same walkers and are not counted. It exists because the
 * parts must be proved together. A page that is hidden for a while stays counted, which is a note.
 */
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <asm/pgalloc.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>

enum fill_mode { FILL_LOWCORE, FILL_SHADOW, POPULATE_IDENTITY };

static DEFINE_MUTEX(tables_lock);
static DEFINE_MUTEX(paint_lock);

#ifdef CONFIG_PROC_FS
static atomic_long_t direct_pages_count[PG_DIRECT_MAP_MAX];

static void update_page_count(int level, long count)
{
	atomic_long_add(count, &direct_pages_count[level]);
}

void arch_report_meminfo(struct seq_file *out)
{
	seq_printf(out, "DirectMap4k:    %8lu kB\n", atomic_long_read(&direct_pages_count[PG_DIRECT_MAP_4K]) << 2);
	seq_printf(out, "DirectMap1M:    %8lu kB\n", atomic_long_read(&direct_pages_count[PG_DIRECT_MAP_1M]) << 10);
	seq_printf(out, "DirectMap2G:    %8lu kB\n", atomic_long_read(&direct_pages_count[PG_DIRECT_MAP_2G]) << 21);
}
#else
static void update_page_count(int level, long count) { }
#endif

/* ---- tables ---- */

static void *table_crst_alloc(unsigned long empty)
{
	unsigned long *table = (unsigned long *)__get_free_pages(GFP_KERNEL, CRST_ALLOC_ORDER);

	if (table)
		crst_table_init(table, empty);
	return table;
}

static pte_t *table_pte_alloc(void)
{
	pte_t *table = (pte_t *)page_table_alloc(&init_mm);

	if (table)
		memset64((u64 *)table, _PAGE_INVALID, PTRS_PER_PTE);
	return table;
}

/* Exchange an entry that is in use, and have every CPU forget what it knew of it. */
static void pgt_set(unsigned long *word, unsigned long value, unsigned long va, unsigned long type)
{
	cspg(word, *word, value);
}

/* ---- boot ---- */

static bool may_be_large(unsigned long va, unsigned long next, unsigned long size, enum fill_mode mode)
{
	return mode != FILL_LOWCORE && IS_ALIGNED(va, size) && next - va >= size;
}

static int __init boot_ptes(pmd_t *dir, unsigned long va, unsigned long stop, enum fill_mode mode)
{
	unsigned long made = 0;
	pte_t *slot, entry;

	for (slot = pte_offset_kernel(dir, va); va < stop; va += PAGE_SIZE, slot++) {
		if (!pte_none(*slot))
			continue;
		entry = __pte(__pa(va));
		entry = set_pte_bit(entry, PAGE_KERNEL);
		set_pte(slot, entry);
		made++;
	}
	if (mode == POPULATE_IDENTITY)
		update_page_count(PG_DIRECT_MAP_4K, made);
	return 0;
}

static int __init boot_segments(pud_t *dir, unsigned long va, unsigned long stop, enum fill_mode mode)
{
	unsigned long next, made = 0;
	int err = -ENOMEM;
	pmd_t *slot;

	for (slot = pmd_offset(dir, va); va < stop; va = next, slot++) {
		next = pmd_addr_end(va, stop);
		if (pmd_none(*slot)) {
			pte_t *table;

			if (MACHINE_HAS_EDAT1 && may_be_large(va, next, PMD_SIZE, mode)) {
				set_pmd(slot, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
				made++;
				continue;
			}
			table = table_pte_alloc();
			if (!table)
				goto out;
			pmd_populate(&init_mm, slot, table);
		} else if (pmd_leaf(*slot)) {
			continue;
		}
		boot_ptes(slot, va, next, mode);
	}
	err = 0;
out:
	if (mode == POPULATE_IDENTITY)
		update_page_count(PG_DIRECT_MAP_1M, made);
	return err;
}

static int __init boot_regions(p4d_t *dir, unsigned long va, unsigned long stop, enum fill_mode mode)
{
	unsigned long next, made = 0;
	int err = 0;
	pud_t *slot;

	for (slot = pud_offset(dir, va); va < stop && !err; va = next, slot++) {
		next = pud_addr_end(va, stop);
		if (pud_none(*slot)) {
			pmd_t *table;

			if (MACHINE_HAS_EDAT2 && may_be_large(va, next, PUD_SIZE, mode)) {
				set_pud(slot, __pud(__pa(va) | pgprot_val(REGION3_KERNEL)));
				made++;
				continue;
			}
			table = table_crst_alloc(_SEGMENT_ENTRY_EMPTY);
			if (!table) {
				err = -ENOMEM;
				break;
			}
			pud_populate(&init_mm, slot, table);
		} else if (pud_leaf(*slot)) {
			continue;
		}
		err = boot_segments(slot, va, next, mode);
	}
	if (mode == POPULATE_IDENTITY)
		update_page_count(PG_DIRECT_MAP_2G, made);
	return err;
}

int __init boot_identity(unsigned long va, unsigned long stop)
{
	return boot_regions(p4d_offset(pgd_offset_k(va), va), va, stop, POPULATE_IDENTITY);
}

int __init kasan_populate_shadow(unsigned long va, unsigned long stop)
{
	return boot_regions(p4d_offset(pgd_offset_k(va), va), va, stop, FILL_SHADOW);
}

/* ---- add and remove ---- */

static int move_ptes(pmd_t *dir, unsigned long va, unsigned long stop, bool add, bool direct)
{
	unsigned long prot = pgprot_val(PAGE_KERNEL), moved = 0;
	int err = -ENOMEM;
	pte_t *slot;

	for (slot = pte_offset_kernel(dir, va); va < stop; va += PAGE_SIZE, slot++) {
		if (!add) {
			if (pte_none(*slot))
				continue;
			if (!direct)
				free_pages((unsigned long)__va(pte_val(*slot) & PAGE_MASK), 0);
			pte_clear(&init_mm, va, slot);
		} else if (!pte_none(*slot)) {
			continue;
		} else if (direct) {
			set_pte(slot, __pte(__pa(va) | prot));
		} else {
			unsigned long page = __get_free_pages(GFP_KERNEL, 0);

			if (!page)
				goto out;
			set_pte(slot, __pte(__pa(page) | prot));
		}
		moved++;
	}
	err = 0;
out:
	if (direct)
		update_page_count(PG_DIRECT_MAP_4K, add ? moved : -moved);
	return err;
}

/* A table without an entry is taken away: that unmaps nothing. */
static void drop_pte_table(pmd_t *dir, unsigned long va)
{
	pte_t *slot = pte_offset_kernel(dir, va);
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++, slot++)
		if (!pte_none(*slot))
			return;
	page_table_free(&init_mm, (unsigned long *)pmd_deref(*dir));
	pmd_clear(dir);
}

static int move_segments(pud_t *dir, unsigned long va, unsigned long stop, bool add, bool direct)
{
	unsigned long next, prot = pgprot_val(SEGMENT_KERNEL), moved = 0;
	int err = -ENOMEM;
	pmd_t *slot;

	for (slot = pmd_offset(dir, va); va < stop; va = next, slot++) {
		bool whole;

		next = pmd_addr_end(va, stop);
		whole = IS_ALIGNED(va, PMD_SIZE) && IS_ALIGNED(next, PMD_SIZE);
		if (!add) {
			if (pmd_none(*slot))
				continue;
			if (pmd_leaf(*slot)) {
				if (whole) {
					pmd_clear(slot);
					moved++;
				}
				continue;
			}
		} else if (pmd_none(*slot)) {
			pte_t *table;

			if (whole && direct && MACHINE_HAS_EDAT1) {
				set_pmd(slot, __pmd(__pa(va) | prot));
				moved++;
				continue;
			}
			table = table_pte_alloc();
			if (!table)
				goto out;
			pmd_populate(&init_mm, slot, table);
		} else if (pmd_leaf(*slot)) {
			continue;
		}
		err = move_ptes(slot, va, next, add, direct);
		if (err)
			goto out;
		if (!add)
			drop_pte_table(slot, va & PMD_MASK);
	}
	err = 0;
out:
	if (direct)
		update_page_count(PG_DIRECT_MAP_1M, add ? moved : -moved);
	return err;
}

static int move_regions(p4d_t *dir, unsigned long va, unsigned long stop, bool add, bool direct)
{
	unsigned long next, prot = pgprot_val(REGION3_KERNEL), moved = 0;
	int err = 0;
	pud_t *slot;

	for (slot = pud_offset(dir, va); va < stop && !err; va = next, slot++) {
		bool whole;

		next = pud_addr_end(va, stop);
		whole = IS_ALIGNED(va, PUD_SIZE) && IS_ALIGNED(next, PUD_SIZE);
		if (pud_leaf(*slot)) {
			if (!add && whole) {
				pud_clear(slot);
				moved++;
			}
			continue;
		}
		if (pud_none(*slot)) {
			pmd_t *table;

			if (!add)
				continue;
			if (whole && direct && MACHINE_HAS_EDAT2) {
				set_pud(slot, __pud(__pa(va) | prot));
				moved++;
				continue;
			}
			table = table_crst_alloc(_SEGMENT_ENTRY_EMPTY);
			if (!table) {
				err = -ENOMEM;
				break;
			}
			pud_populate(&init_mm, slot, table);
		}
		err = move_segments(slot, va, next, add, direct);
	}
	if (direct)
		update_page_count(PG_DIRECT_MAP_2G, add ? moved : -moved);
	return err;
}

static int add_range(unsigned long start, unsigned long end, bool direct)
{
	return move_regions(p4d_offset(pgd_offset_k(start), start), start, end, true, direct);
}

static void remove_range(unsigned long start, unsigned long end, bool direct)
{
	move_regions(p4d_offset(pgd_offset_k(start), start), start, end, false, direct);
	flush_tlb_kernel_range(start, end);
}

int vmem_add_mapping(unsigned long start, unsigned long size)
{
	unsigned long va = (unsigned long)__va(start);
	int err;

	mutex_lock(&tables_lock);
	err = add_range(va, va + size, true);
	if (err)
		remove_range(va, va + size, true);
	mutex_unlock(&tables_lock);
	return err;
}

void vmem_remove_mapping(unsigned long start, unsigned long size)
{
	unsigned long va = (unsigned long)__va(start);

	mutex_lock(&tables_lock);
	remove_range(va, va + size, true);
	mutex_unlock(&tables_lock);
}

int vmemmap_populate(unsigned long start, unsigned long end, int node, struct vmem_altmap *altmap)
{
	int err;

	mutex_lock(&tables_lock);
	err = add_range(start, end, false);
	if (err)
		remove_range(start, end, false);
	mutex_unlock(&tables_lock);
	return err;
}

void vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	mutex_lock(&tables_lock);
	remove_range(start, end, false);
	mutex_unlock(&tables_lock);
}

/* ---- permissions ---- */

static int paint_ptes(pmd_t *dir, unsigned long va, unsigned long stop, unsigned long flags)
{
	pte_t *slot = pte_offset_kernel(dir, va);

	do {
		pte_t now = *slot;

		if (pte_none(now))
			return -EINVAL;
		if (flags & SET_MEMORY_RO)
			now = pte_wrprotect(now);
		else if (flags & SET_MEMORY_RW)
			now = pte_mkwrite_novma(pte_mkdirty(now));
		if (flags & SET_MEMORY_INV)
			now = set_pte_bit(now, __pgprot(_PAGE_INVALID));
		pgt_set((unsigned long *)slot, pte_val(now), va, CRDTE_DTT_PAGE); /* expect: valid-toggle */
		slot++;
		va += PAGE_SIZE;
	} while (va < stop);
	return 0;
}

/* summary: PG_DIRECT_MAP_1M -1, PG_DIRECT_MAP_4K +PTRS_PER_PTE */
static int split_segment(pmd_t *slot, unsigned long va, bool direct)
{
	unsigned long origin = pmd_pfn(*slot) << PAGE_SHIFT;
	unsigned long prot = pgprot_val(pmd_val(*slot) & _SEGMENT_ENTRY_PROTECT ? PAGE_KERNEL_RO : PAGE_KERNEL);
	pte_t *table, *entry;
	int i;

	table = table_pte_alloc();
	if (!table)
		return -ENOMEM;
	entry = table;
	for (i = 0; i < PTRS_PER_PTE; i++) {
		set_pte(entry, __pte(origin | prot));
		origin += PAGE_SIZE;
		entry++;
	}
	pgt_set((unsigned long *)slot, __pa(table) | _SEGMENT_ENTRY, va, CRDTE_DTT_SEGMENT);
	if (direct) {
		update_page_count(PG_DIRECT_MAP_4K, PTRS_PER_PTE);
		update_page_count(PG_DIRECT_MAP_1M, -1);
	}
	return 0;
}

static int paint_segments(pud_t *dir, unsigned long va, unsigned long stop, unsigned long flags, bool direct)
{
	pmd_t *slot = pmd_offset(dir, va);
	unsigned long next;
	int err = 0;

	do {
		if (pmd_none(*slot))
			return -EINVAL;
		next = pmd_addr_end(va, stop);
		if (pmd_leaf(*slot)) {
			pmd_t now = *slot;

			if ((flags & SET_MEMORY_4K) || (va & ~PMD_MASK) || va + PMD_SIZE > next) {
				err = split_segment(slot, va, direct);
				if (err)
					return err;
				continue;
			}
			if (flags & SET_MEMORY_RO)
				now = pmd_wrprotect(now);
			else if (flags & SET_MEMORY_RW)
				now = pmd_mkwrite_novma(pmd_mkdirty(now));
			pgt_set((unsigned long *)slot, pmd_val(now), va, CRDTE_DTT_SEGMENT);
		} else {
			err = paint_ptes(slot, va, next, flags);
			if (err)
				return err;
		}
		slot++;
		va = next;
	} while (va < stop);
	return err;
}

/* summary: PG_DIRECT_MAP_2G -1, PG_DIRECT_MAP_1M +PTRS_PER_PMD */
static int split_region(pud_t *slot, unsigned long va, bool direct)
{
	unsigned long origin = pud_pfn(*slot) << PAGE_SHIFT, prot = pgprot_val(SEGMENT_KERNEL);
	pmd_t *table;
	int i;

	table = table_crst_alloc(_SEGMENT_ENTRY_EMPTY);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PMD; i++, origin += PMD_SIZE)
		set_pmd(table + i, __pmd(origin | prot));
	pgt_set((unsigned long *)slot, pud_val(__pud(__pa(table) | _REGION3_ENTRY)), va, CRDTE_DTT_REGION3);
	if (direct) {
		update_page_count(PG_DIRECT_MAP_2G, -1);
		update_page_count(PG_DIRECT_MAP_1M, PTRS_PER_PMD);
	}
	return 0;
}

static int paint_regions(p4d_t *dir, unsigned long va, unsigned long stop, unsigned long flags, bool direct)
{
	pud_t *slot = pud_offset(dir, va);
	unsigned long next;
	int err = 0;

	do {
		if (pud_none(*slot))
			return -EINVAL;
		next = pud_addr_end(va, stop);
		if (pud_leaf(*slot)) {
			err = split_region(slot, va, direct);
			if (err)
				break;
			continue;
		}
		err = paint_segments(slot, va, next, flags, direct);
		slot++;
		va = next;
	} while (va < stop && !err);
	return err;
}

int paint_identity(unsigned long start, unsigned long end, unsigned long flags)
{
	int err;

	mutex_lock(&paint_lock);
	err = paint_regions(p4d_offset(pgd_offset_k(start), start), start, end, flags, true);
	mutex_unlock(&paint_lock);
	return err;
}

int __init vmem_map_init(unsigned long start, unsigned long end, unsigned long flags)
{
	int err;

	mutex_lock(&paint_lock);
	err = paint_regions(p4d_offset(pgd_offset_k(start), start), start, end, flags, false);
	mutex_unlock(&paint_lock);
	return err;
}
