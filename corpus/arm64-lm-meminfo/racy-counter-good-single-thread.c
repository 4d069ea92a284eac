/* At boot, and while stop_machine() keeps every other CPU busy, there is nobody to race with. */
/* include: preamble.h */
/* include: pages.h */
/* expect: nothing */

static DEFINE_MUTEX(map_mutex);

void __init map_at_boot(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	put_page(slot, va, pa);
}

static int drop_alone(void *data)
{
	unsigned long va = (unsigned long)data;

	drop_page(virt_to_kpte(va), va);
	return 0;
}

void unmap_with_everyone_stopped(unsigned long va)
{
	stop_machine(drop_alone, (void *)va, cpu_online_mask);
}

void map_page(pte_t *slot, unsigned long va, phys_addr_t pa)
{
	mutex_lock(&map_mutex);
	put_page(slot, va, pa);
	mutex_unlock(&map_mutex);
}
