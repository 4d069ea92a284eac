/* One mutex, taken in five ways: plainly, by a helper, by a guard, by a trial, by a try. */
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

static DEFINE_MUTEX(map_mutex);

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

static void hold(struct mutex *which)
{
	mutex_lock(which);
}

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	mutex_lock_nested(&map_mutex, SINGLE_DEPTH_NESTING);
	put_page(slot, va, pa);
	mutex_unlock(&map_mutex);
}

void map_page_by_helper(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	struct mutex *which = &map_mutex;

	hold(which);
	put_page(slot, va, pa);
	mutex_unlock(which);
}

void unmap_page_by_guard(pte_t *slot, unsigned long va)
{
	scoped_guard(mutex, &map_mutex)
		drop_page(slot, va);
}

int unmap_page_by_trial(pte_t *slot, unsigned long va)
{
	int err = mutex_lock_interruptible(&map_mutex);

	if (err)
		return err;
	drop_page(slot, va);
	mutex_unlock(&map_mutex);
	return 0;
}

int unmap_page_by_try(pte_t *slot, unsigned long va)
{
	if (!mutex_trylock(&map_mutex))
		return -EBUSY;
	drop_page(slot, va);
	mutex_unlock(&map_mutex);
	return 0;
}
