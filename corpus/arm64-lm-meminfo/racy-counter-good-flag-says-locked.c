/* Whoever comes without the lock says so, and gets it. */
/* include: preamble.h */
/* include: pages.h */
/* expect: nothing */

static DEFINE_MUTEX(map_mutex);

static void drop_with(pte_t *slot, unsigned long va, bool locked)
{
	if (!locked)
		mutex_lock(&map_mutex);
	drop_page(slot, va);
	if (!locked)
		mutex_unlock(&map_mutex);
}

void unmap_page(pte_t *slot, unsigned long va)
{
	drop_with(slot, va, false);
}

void move_page(pte_t *from, pte_t *to, unsigned long va, phys_addr_t pa)
{
	mutex_lock(&map_mutex);
	drop_with(from, va, true);
	put_page(to, va, pa);
	mutex_unlock(&map_mutex);
}
