/* A page is hidden by its valid bit and stays in the counter: by design, or forgotten. */
/* include: preamble.h */

void hide_page(pte_t *slot, unsigned long va)
{
	pte_t was = __ptep_get(slot);

	if (!pte_none(was))
		__set_pte(slot, pte_mkinvalid(was)); /* expect: valid-toggle */
}

void show_page(pte_t *slot, unsigned long va)
{
	pte_t now = set_pte_bit(__ptep_get(slot), __pgprot(PTE_VALID));

	__set_pte(slot, now); /* expect: valid-toggle */
}
