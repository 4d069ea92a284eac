/* include: preamble.h */
/* The pages below the entry are read first, so the entry holds a table: writing it away takes no leaf along. */
/* expect: nothing */
void unlink_checked(pmd_t *slot)
{
	pte_t *page = pte_offset_kernel(slot, 0UL);
	unsigned long i = 0;

	do {
		if (pte_present(__ptep_get(page + i)))
			return;
		i++;
	} while (i < PTRS_PER_PTE);
	set_pmd(slot, __pmd(0));
}
