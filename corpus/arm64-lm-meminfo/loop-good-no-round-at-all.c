/* include: preamble.h */
/* A for loop may run no round where a do loop runs one: nothing is recorded for an empty range either. */
/* expect: nothing */
/* summary: nothing */
void unmap_run(pud_t *slot, unsigned long va, unsigned long stop)
{
	for (; va < stop; va += PUD_SIZE, slot++) {
		if (!pud_leaf(pudp_get(slot)))
			continue;
		pud_clear(slot);
		lm_meminfo_sub(va, PUD_SIZE, PUD);
	}
}
