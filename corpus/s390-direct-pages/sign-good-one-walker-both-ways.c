/* One walker maps and unmaps; the sign of the tally says which. */
// expect: nothing
static int move_pages(pmd_t *dir, unsigned long va, unsigned long stop, bool put, bool direct)
{
	unsigned long moved = 0;
	pte_t *slot = pte_offset_kernel(dir, va);

	for (; va < stop; va += PAGE_SIZE, slot++) {
		if (put) {
			if (!pte_none(*slot))
				continue;
			set_pte(slot, __pte(__pa(va) | pgprot_val(PAGE_KERNEL)));
		} else {
			if (pte_none(*slot))
				continue;
			pte_clear(&init_mm, va, slot);
		}
		moved++;
	}
	if (direct)
		update_page_count(PG_DIRECT_MAP_4K, put ? moved : -moved);
	return 0;
}

int map_identity(pmd_t *dir, unsigned long va, unsigned long stop)
{
	return move_pages(dir, va, stop, true, true);
}

void unmap_identity(pmd_t *dir, unsigned long va, unsigned long stop)
{
	move_pages(dir, va, stop, false, true);
}

int map_memmap(pmd_t *dir, unsigned long va, unsigned long stop)
{
	return move_pages(dir, va, stop, true, false);
}
