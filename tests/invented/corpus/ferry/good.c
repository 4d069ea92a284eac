/* A counter that is a variable, of one account that no record names; entries are read and written as plain C. */
/* expect: nothing */
static unsigned long cars_aboard;

int good_board(desc_t *desc, u64 bus)
{
	if (desc_val(*desc))
		return -EBUSY;
	*desc = desc_of(bus | DESC_VALID);
	cars_aboard++;
	return 0;
}

void good_leave(desc_t *desc)
{
	bool used = desc_used(READ_ONCE(*desc));

	WRITE_ONCE(*desc, desc_of(0));
	if (used)
		cars_aboard--;
}

/* summary: CAR -1 */
int good_bits(desc_t *desc)
{
	if (!(desc_val(*desc) & DESC_VALID))
		return -ENOENT;
	*desc = desc_of(0);
	cars_aboard--;
	return 0;
}

void good_leave_all(desc_t *ring, int count)
{
	unsigned long gone = 0;
	int i;

	for (i = 0; i < count; i++) {
		if (!desc_used(ring[i]))
			continue;
		ring[i] = desc_of(0);
		gone++;
	}
	cars_aboard -= gone;
}

bool may_leave(void)
{
	return cars_aboard == 0;
}
