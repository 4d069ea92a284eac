/* One bit says whether a slot is in use. */
/* expect: nothing */
static long latch_used;

/* summary: LATCH +1 */
int good_take(latch_t *slot)
{
	if (*slot & LATCH_BUSY)
		return -EBUSY;
	*slot |= LATCH_BUSY;
	latch_used++;
	return 0;
}

int good_take_bit(latch_t *slot)
{
	if (test_bit(LATCH_BIT, slot))
		return -EBUSY;
	set_bit(LATCH_BIT, slot);
	latch_used++;
	return 0;
}
