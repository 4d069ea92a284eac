/* include: preamble.h */
/* A range of bytes, as the number of the entries that map it. */
/* expect: nothing */
void map_all(pte_t *slot, unsigned long pfn, unsigned long bytes, pgprot_t prot)
{
	unsigned long i;

	for (i = 0; i < bytes >> PAGE_SHIFT; i++) {
		BUG_ON(!pte_none(slot[i]));
		set_pte(slot + i, pfn_pte(pfn + i, prot));
	}
	update_page_count(PG_LEVEL_4K, bytes >> PAGE_SHIFT);
}
