/* The guard reads a member; nothing is given back, and it is counted. */
void reset_a(struct quill *ring)
{
	struct qslot *slot = ring->slots;

	if (slot->state == QS_IDLE)
		return;
	ring->charged -= SLOT_BYTES; /* expect: phantom-count */
}
void reset_b(struct quill *ring)
{
	struct qslot *slot = ring->slots;

	if (READ_ONCE(slot->state) == QS_IDLE)
		return;
	ring->charged -= SLOT_BYTES; /* expect: phantom-count */
}
void reset_c(struct quill *ring)
{
	struct qslot *slot = ring->slots;

	if (qs_idle(*slot))
		return;
	ring->charged -= SLOT_BYTES; /* expect: phantom-count */
}
