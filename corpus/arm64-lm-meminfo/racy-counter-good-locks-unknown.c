/* No lock is known on either side: callers may hold one, and lmlint does not guess. */
/* include: preamble.h */
/* include: pages.h */
/* expect: nothing */

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	put_page(slot, va, pa);
}

void unmap_page(pte_t *slot, unsigned long va, spinlock_t *lock)
{
	spin_lock(lock);
	drop_page(slot, va);
	spin_unlock(lock);
}
