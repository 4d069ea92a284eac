/* The block of a scoped guard runs once, whatever the guard is called. */
/* include: preamble.h */
/* expect: nothing */
static DEFINE_MUTEX(map_mutex);

void unmap_page(pte_t *slot, unsigned long va)
{
	if (pte_none(__ptep_get(slot)) || pte_cont(__ptep_get(slot)))
		return;
	scoped_guard(mutex, &map_mutex) {
		__pte_clear(&init_mm, va, slot);
	}
	lm_meminfo_sub(va, PAGE_SIZE, PTE);
}
