/* The write side of a reader-writer lock keeps everybody out. */
/* include: preamble.h */
/* include: pages.h */
/* expect: nothing */

static DEFINE_RWLOCK(map_lock);

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
