/* The same with mistakes, in functions that name no primitive and no counter. */
static long latch_used;

void bad_take(latch_t *slot)
{
	if (*slot & LATCH_BUSY)
		return;
	*slot |= LATCH_BUSY; /* expect: missing-add */
}

void bad_take_bit(latch_t *slot)
{
	if (test_bit(LATCH_BIT, slot))
		return;
	set_bit(LATCH_BIT, slot); /* expect: missing-add */
}

void bad_drop(latch_t *slot)
{
	*slot &= ~LATCH_BUSY; /* expect: missing-sub */
	if (*slot & LATCH_BUSY)
		latch_used--;
}

void bad_drop_twice(latch_t *slot)
{
	if (!(*slot & LATCH_BUSY))
		return;
	*slot &= ~LATCH_BUSY;
	latch_used--;
	latch_used--; /* expect: double-count */
}
