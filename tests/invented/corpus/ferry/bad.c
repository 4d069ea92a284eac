/* The same with mistakes; what no rule can follow is said, and never taken to be right. */
static unsigned long cars_aboard;

int bad_board(desc_t *desc, u64 bus)
{
	cars_aboard++; /* expect: error-path */
	if (desc_val(*desc))
		return -EBUSY;
	*desc = desc_of(bus | DESC_VALID);
	return 0;
}

void bad_leave(desc_t *desc)
{
	if (!desc_used(*desc))
		return;
	*desc = desc_of(0); /* expect: missing-sub */
}

void bad_leave_all(desc_t *ring, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		if (desc_used(ring[i]))
			ring[i] = desc_of(0);
	}
	cars_aboard -= count; /* expect: phantom-count */
}

/* cannot-tell: "through no pointer of its type" */
void leave_by_number(struct ferry *ferry, int place)
{
	if (!desc_used(ferry->ring[place]))
		return;
	ferry->ring[place] = desc_of(0);
	cars_aboard--;
}

/* cannot-tell: "used in a way the rule does not list" */
void give_away(struct ferry *ferry)
{
	hand_over(ferry, &cars_aboard);
}
