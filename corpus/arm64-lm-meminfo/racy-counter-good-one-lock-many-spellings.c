/* One mutex, taken in five ways: plainly, by a helper, by a guard, by a trial, by a try. */
/* include: preamble.h */
/* include: pages.h */
/* expect: nothing */

static DEFINE_MUTEX(map_mutex);

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
