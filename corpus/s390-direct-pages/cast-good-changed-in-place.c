/* An entry is exchanged through a pointer to a plain word: it was a large page and is one. */
// expect: nothing
void lock_segment(pmd_t *slot, unsigned long va)
{
	pmd_t now = *slot;

	if (!pmd_leaf(now))
		return;
	now = pmd_wrprotect(now);
	now = set_pmd_bit(now, __pgprot(_SEGMENT_ENTRY_NOEXEC));
	pgt_set((unsigned long *)slot, pmd_val(now), va, CRDTE_DTT_SEGMENT);
}
