/* The counter is unknown here: whoever has an entry cleared by this file has to do the counting. */
/* expect: nothing */
void erase_slot(pte_t *slot, unsigned long va)
{
	__pte_clear(&init_mm, va, slot);
}
