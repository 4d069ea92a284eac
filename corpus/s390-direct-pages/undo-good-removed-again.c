/* What was mapped is unmapped where a later step fails, and what was counted is taken back. */
// expect: nothing
int map_and_announce(pmd_t *slot, unsigned long va)
{
	if (!pmd_none(*slot))
		return -EEXIST;
	set_pmd(slot, __pmd(__pa(va) | pgprot_val(SEGMENT_KERNEL)));
	update_page_count(PG_DIRECT_MAP_1M, 1);
	if (memblock_reserve(__pa(va), PMD_SIZE)) {
		pmd_clear(slot);
		update_page_count(PG_DIRECT_MAP_1M, -1);
		return -EBUSY;
	}
	return 0;
}
