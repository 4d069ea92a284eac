/* The write side of a reader-writer lock keeps everybody out. */
/* expect: nothing */
enum lm_type { PTE, CONT_PTE, PMD, CONT_PMD, PUD, NR_LM_TYPE };

static unsigned long lm_meminfo[NR_LM_TYPE];

static void lm_meminfo_add(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] += bytes;
}

static void lm_meminfo_sub(unsigned long va, unsigned long bytes, enum lm_type bucket)
{
	if (__is_lm_address(va))
		lm_meminfo[bucket] -= bytes;
}

static DEFINE_RWLOCK(map_lock);

static void put_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	if (!pte_none(__ptep_get(slot)))
		return;
	__set_pte(slot, pte_mknoncont(pfn_pte(__phys_to_pfn(pa), PAGE_KERNEL)));
	lm_meminfo_add(va, PAGE_SIZE, PTE);
}

static void drop_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	__pte_clear(&init_mm, va, slot);
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	write_lock_irq(&map_lock);
	put_page(slot, va, pa);
	write_unlock_irq(&map_lock);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	read_lock(&map_lock);
	if (pte_none(__ptep_get(slot))) {
		read_unlock(&map_lock);
		return;
	}
	read_unlock(&map_lock);
	guard(write_lock_irqsave)(&map_lock);
	drop_page(slot, va);
}
