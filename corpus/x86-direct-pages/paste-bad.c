/* include: preamble.h */
/* The macro that puts the setter together hides that an entry is written. */

#define SETTER(level, value)                                            \
static inline void put_##level##_early(level##_t *slot, value##_t leaf, bool early) \
{                                                                       \
	if (early)                                                      \
		set_##level##_safe(slot, leaf);                         \
	else                                                            \
		set_##level(slot, leaf);                                \
}

SETTER(pmd, pmd)
SETTER(pte, pte)

void map_pages(pte_t *slot, unsigned long va, unsigned long stop, unsigned long pfn, pgprot_t prot, bool early)
{
	unsigned long made = 0;

	for (; va < stop; va += PAGE_SIZE, slot++, pfn++) {
		if (!pte_none(*slot))
			continue;
		put_pte_early(slot, pfn_pte(pfn, prot), early); /* expect: missing-add */ /* not-replayed: "not a primitive" */
	}
	update_page_count(PG_LEVEL_2M, made);
}
