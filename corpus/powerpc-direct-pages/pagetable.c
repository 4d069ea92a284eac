/*
 * A small but complete page-table file in the manner of powerpc's radix MMU: it maps the linear mapping at boot and
 * when memory is plugged in, takes it away again, splits leaves where permissions change, and counts entries wherever
 * it does. vmemmap lives in the same tables, comes through the same walkers, and is not counted.
 */
/* expect: nothing */
#include <linux/memblock.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <asm/mmu.h>
#include <asm/pgalloc.h>
#include <asm/tlbflush.h>

#define ANY_SIZE	(~0UL)

#ifdef CONFIG_PROC_FS
atomic_long_t direct_pages_count[MMU_PAGE_COUNT];

static void count_leaves(int psize, long change)
{
	atomic_long_add(change, &direct_pages_count[psize]);
}

void arch_report_meminfo(struct seq_file *out)
{
	if (!radix_enabled())
		return;
	seq_printf(out, "DirectMap4k:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_4K]) << 2);
	seq_printf(out, "DirectMap64k:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_64K]) << 6);
	seq_printf(out, "DirectMap2M:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_2M]) << 11);
	seq_printf(out, "DirectMap1G:    %8lu kB\n", atomic_long_read(&direct_pages_count[MMU_PAGE_1G]) << 20);
}
#else
static void count_leaves(int psize, long change) { }
#endif

/* ---- populate ---- */

/* Before there is a slab, memblock gives a table or the machine stops. */
static __ref void *boot_table(int nid)
{
	void *table = memblock_alloc_try_nid(PAGE_SIZE, PAGE_SIZE, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ANYWHERE, nid);

	if (!table)
		panic("no memory for a page table on node %d\n", nid);
	return table;
}

static int map_leaf_early(unsigned long ea, unsigned long pa, pgprot_t prot, unsigned long size, int nid)
{
	p4d_t *p4d = p4d_offset(pgd_offset_k(ea), ea);
	pte_t *slot;
	pud_t *pud;
	pmd_t *pmd;

	if (p4d_none(*p4d))
		p4d_populate(&init_mm, p4d, boot_table(nid));
	pud = pud_offset(p4d, ea);
	if (size == PUD_SIZE) {
		slot = (pte_t *)pud;
		goto reached;
	}
	if (pud_none(*pud))
		pud_populate(&init_mm, pud, boot_table(nid));
	pmd = pmd_offset(pud, ea);
	if (size == PMD_SIZE) {
		slot = pmdp_ptep(pmd);
		goto reached;
	}
	if (pmd_none(*pmd))
		pmd_populate_kernel(&init_mm, pmd, boot_table(nid));
	slot = pte_offset_kernel(pmd, ea);
reached:
	set_pte_at(&init_mm, ea, slot, pfn_pte(pa >> PAGE_SHIFT, prot));
	return 0;
}

static int map_leaf(unsigned long ea, unsigned long pa, pgprot_t prot, unsigned long size, int nid)
{
	p4d_t *p4d = p4d_offset(pgd_offset_k(ea), ea);
	pte_t *slot;
	pud_t *pud;
	pmd_t *pmd;

	if (!slab_is_available())
		return map_leaf_early(ea, pa, prot, size, nid);

	pud = pud_alloc(&init_mm, p4d, ea);
	if (!pud)
		return -ENOMEM;
	if (size == PUD_SIZE) {
		slot = (pte_t *)pud;
		goto reached;
	}
	pmd = pmd_alloc(&init_mm, pud, ea);
	if (!pmd)
		return -ENOMEM;
	if (size == PMD_SIZE) {
		slot = pmdp_ptep(pmd);
		goto reached;
	}
	slot = pte_alloc_kernel(pmd, ea);
	if (!slot)
		return -ENOMEM;
reached:
	set_pte_at(&init_mm, ea, slot, pfn_pte(pa >> PAGE_SHIFT, prot));
	return 0;
}

/* The largest leaves that alignment and @limit allow; where it fails, what is mapped by then is counted. */
static int map_linear(unsigned long start, unsigned long stop, pgprot_t prot, unsigned long limit, int nid)
{
	unsigned long pa, room, size;
	int psize, err;

	start = ALIGN(start, PAGE_SIZE);
	stop = ALIGN_DOWN(stop, PAGE_SIZE);
	for (pa = start; pa < stop; pa += size) {
		room = stop - pa;
		if (room > limit)
			room = limit;
		if (IS_ALIGNED(pa, PUD_SIZE) && room >= PUD_SIZE) {
			size = PUD_SIZE;
			psize = MMU_PAGE_1G;
		} else if (IS_ALIGNED(pa, PMD_SIZE) && room >= PMD_SIZE) {
			size = PMD_SIZE;
			psize = MMU_PAGE_2M;
		} else {
			size = PAGE_SIZE;
			psize = mmu_virtual_psize;
		}
		err = map_leaf((unsigned long)__va(pa), pa, prot, size, nid);
		if (err)
			return err;
		count_leaves(psize, 1);
	}
	return 0;
}

void __init map_all_memory(void)
{
	phys_addr_t start, end;
	u64 i;

	for_each_mem_range(i, &start, &end)
		WARN_ON(map_linear(start, end, PAGE_KERNEL, ANY_SIZE, -1));
}

/* ---- split ---- */

/* summary: MMU_PAGE_2M -1, mmu_virtual_psize +PTRS_PER_PTE */
static int split_block(pmd_t *dir, unsigned long ea)
{
	pgprot_t prot = pmd_pgprot(*dir);
	unsigned long pfn = pmd_pfn(*dir);
	pte_t *table;
	int i;

	if (!pmd_leaf(*dir))
		return 0;
	table = pte_alloc_one_kernel(&init_mm);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PTE; i++)
		set_pte_at(&init_mm, ea + i * PAGE_SIZE, table + i, pfn_pte(pfn + i, prot));

	pmd_clear(dir);
	radix__flush_tlb_kernel_range(ea, ea + PMD_SIZE);
	pmd_populate_kernel(&init_mm, dir, table);
	count_leaves(MMU_PAGE_2M, -1);
	count_leaves(mmu_virtual_psize, PTRS_PER_PTE);
	return 0;
}

/* summary: MMU_PAGE_1G -1, MMU_PAGE_2M +PTRS_PER_PMD */
static int split_huge(pud_t *top, unsigned long ea)
{
	pgprot_t prot = pud_pgprot(*top);
	unsigned long pfn = pud_pfn(*top);
	pmd_t *table;
	int i;

	if (!pud_leaf(*top))
		return 0;
	table = pmd_alloc_one(&init_mm, ea);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < PTRS_PER_PMD; i++, pfn += PMD_SIZE >> PAGE_SHIFT)
		set_pte_at(&init_mm, ea + i * PMD_SIZE, pmdp_ptep(table + i), pfn_pte(pfn, prot));

	pud_clear(top);
	radix__flush_tlb_kernel_range(ea, ea + PUD_SIZE);
	pud_populate(&init_mm, top, table);
	count_leaves(MMU_PAGE_1G, -1);
	count_leaves(MMU_PAGE_2M, PTRS_PER_PMD);
	return 0;
}

/* Make @ea the first byte of a leaf. */
static int split_at(unsigned long ea)
{
	p4d_t *p4d = p4d_offset(pgd_offset_k(ea), ea);
	pud_t *pud;
	pmd_t *pmd;
	int err;

	if (!p4d_present(*p4d))
		return 0;
	pud = pud_offset(p4d, ea);
	if (!pud_present(*pud) || IS_ALIGNED(ea, PUD_SIZE))
		return 0;
	err = split_huge(pud, ea & PUD_MASK);
	if (err)
		return err;

	pmd = pmd_offset(pud, ea);
	if (!pmd_present(*pmd) || IS_ALIGNED(ea, PMD_SIZE))
		return 0;
	return split_block(pmd, ea & PMD_MASK);
}

/* The leaf stays where it is, with fewer permissions. */
static void repaint_leaf(pte_t *slot, unsigned long ea, unsigned long take)
{
	__set_pte_at(&init_mm, ea, slot, __pte(pte_val(*slot) & ~take), 0);
}

static void repaint(unsigned long ea, unsigned long stop, unsigned long take)
{
	unsigned long next;
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	for (; ea < stop; ea = next) {
		next = ea + PAGE_SIZE;
		p4d = p4d_offset(pgd_offset_k(ea), ea);
		if (!p4d_present(*p4d))
			continue;
		pud = pud_offset(p4d, ea);
		if (!pud_present(*pud))
			continue;
		if (pud_leaf(*pud)) {
			repaint_leaf((pte_t *)pud, ea, take);
			next = pud_addr_end(ea, stop);
			continue;
		}
		pmd = pmd_offset(pud, ea);
		if (!pmd_present(*pmd))
			continue;
		if (pmd_leaf(*pmd)) {
			repaint_leaf(pmdp_ptep(pmd), ea, take);
			next = pmd_addr_end(ea, stop);
			continue;
		}
		pte = pte_offset_kernel(pmd, ea);
		if (pte_present(*pte))
			repaint_leaf(pte, ea, take);
	}
	radix__flush_tlb_kernel_range(ea, stop);
}

int change_linear(unsigned long start, unsigned long end, unsigned long take)
{
	int err = split_at(start);

	if (!err)
		err = split_at(end);
	if (!err)
		repaint(start, end, take);
	return err;
}

/* ---- unmap ---- */

static void drop_page_table(pte_t *table, pmd_t *dir)
{
	int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		if (!pte_none(table[i]))
			return;
	pte_free_kernel(&init_mm, table);
	pmd_clear(dir);
}

static void drop_block_table(pmd_t *table, pud_t *top)
{
	int i;

	for (i = 0; i < PTRS_PER_PMD; i++)
		if (!pmd_none(table[i]))
			return;
	pmd_free(&init_mm, table);
	pud_clear(top);
}

static void drop_pages(pte_t *table, unsigned long ea, unsigned long stop, bool direct, struct vmem_altmap *altmap)
{
	pte_t *slot = table + pte_index(ea);
	unsigned long gone = 0;

	for (; ea < stop; ea += PAGE_SIZE, slot++) {
		if (!pte_present(*slot))
			continue;
		if (!direct)
			free_backing(pte_page(*slot), altmap, 0);
		pte_clear(&init_mm, ea, slot);
		gone++;
	}
	if (direct)
		count_leaves(mmu_virtual_psize, -gone);
}

static void drop_blocks(pmd_t *table, unsigned long ea, unsigned long stop, bool direct, struct vmem_altmap *altmap)
{
	pmd_t *dir = table + pmd_index(ea);
	unsigned long next, gone = 0;
	pte_t *pages;

	for (; ea < stop; ea = next, dir++) {
		next = pmd_addr_end(ea, stop);
		if (!pmd_present(*dir))
			continue;
		if (pmd_leaf(*dir)) {
			if (IS_ALIGNED(ea, PMD_SIZE) && IS_ALIGNED(next, PMD_SIZE)) {
				if (!direct)
					free_backing(pmd_page(*dir), altmap, get_order(PMD_SIZE));
				pte_clear(&init_mm, ea, (pte_t *)dir);
				gone++;
			}
#ifdef CONFIG_SPARSEMEM_VMEMMAP
			else if (!direct && !vmemmap_populated(ea & PMD_MASK, PMD_SIZE)) {
				free_backing(pmd_page(*dir), altmap, get_order(PMD_SIZE));
				pte_clear(&init_mm, ea, (pte_t *)dir);
			}
#endif
			continue;
		}
		pages = (pte_t *)pmd_page_vaddr(*dir);
		drop_pages(pages, ea, next, direct, altmap);
		drop_page_table(pages, dir);
	}
	if (direct)
		count_leaves(MMU_PAGE_2M, -gone);
}

static void drop_huge(pud_t *table, unsigned long ea, unsigned long stop, bool direct, struct vmem_altmap *altmap)
{
	pud_t *top = table + pud_index(ea);
	unsigned long next, gone = 0;
	pmd_t *blocks;

	for (; ea < stop; ea = next, top++) {
		next = pud_addr_end(ea, stop);
		if (!pud_present(*top))
			continue;
		if (pud_leaf(*top)) {
			if (!IS_ALIGNED(ea, PUD_SIZE) || !IS_ALIGNED(next, PUD_SIZE)) {
				WARN_ONCE(1, "a leaf is larger than what is to be unmapped\n");
				continue;
			}
			if (!direct)
				free_backing(pud_page(*top), altmap, get_order(PUD_SIZE));
			pte_clear(&init_mm, ea, (pte_t *)top);
			gone++;
			continue;
		}
		blocks = pud_pgtable(*top);
		drop_blocks(blocks, ea, next, direct, altmap);
		drop_block_table(blocks, top);
	}
	if (direct)
		count_leaves(MMU_PAGE_1G, -gone);
}

static void drop_range(unsigned long start, unsigned long end, bool direct, struct vmem_altmap *altmap)
{
	unsigned long ea, next;
	p4d_t *p4d;

	spin_lock(&init_mm.page_table_lock);
	for (ea = start; ea < end; ea = next) {
		next = pgd_addr_end(ea, end);
		p4d = p4d_offset(pgd_offset_k(ea), ea);
		if (p4d_present(*p4d))
			drop_huge(p4d_pgtable(*p4d), ea, next, direct, altmap);
	}
	spin_unlock(&init_mm.page_table_lock);
	radix__flush_tlb_kernel_range(start, end);
}

/* ---- hotplug ---- */

int __meminit radix__create_section_mapping(unsigned long start, unsigned long end, int nid, pgprot_t prot)
{
	int err;

	if (end >= RADIX_VMALLOC_START)
		return -EINVAL;
	err = map_linear(__pa(start), __pa(end), prot, debug_pagealloc_enabled() ? PAGE_SIZE : ANY_SIZE, nid);
	if (err)
		drop_range(start, end, true, NULL);
	return err;
}

int __meminit radix__remove_section_mapping(unsigned long start, unsigned long end)
{
	drop_range(start, end, true, NULL);
	return 0;
}

/* ---- vmemmap: the same tables, and none of it is linear mapping ---- */

int __meminit radix__vmemmap_populate(unsigned long start, unsigned long end, int node, struct vmem_altmap *altmap)
{
	unsigned long ea, size;
	void *backing;
	int err;

	for (ea = start; ea < end; ea += size) {
		size = PAGE_SIZE;
		if (IS_ALIGNED(ea, PUD_SIZE) && end - ea >= PUD_SIZE)
			size = PUD_SIZE;
		else if (IS_ALIGNED(ea, PMD_SIZE) && end - ea >= PMD_SIZE)
			size = PMD_SIZE;
		backing = vmemmap_alloc_block_buf(size, node, altmap);
		if (!backing)
			return -ENOMEM;
		err = map_leaf(ea, __pa(backing), PAGE_KERNEL, size, node);
		if (err)
			return err;
	}
	return 0;
}

void __ref radix__vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
	drop_range(start, end, false, altmap);
}
