/* The counter is changed in ways that the rule does not list. */
/* cannot-tell: "a way the rule does not list" */
void n1(struct quill *ring, struct qslot *slot)
{
	if (slot->state == QS_IDLE)
		return;
	slot->state = QS_IDLE;
	ring->charged = ring->charged - SLOT_BYTES;
}
/* cannot-tell: "a way the rule does not list" */
void n2(struct quill *ring, struct qslot *slot)
{
	if (slot->state == QS_IDLE)
		return;
	slot->state = QS_IDLE;
	sub_long(&ring->charged, SLOT_BYTES);
}
/* cannot-tell: "a way the rule does not list" */
void n3(struct quill *ring)
{
	ring->charged = 0;
}
/* cannot-tell: "a way the rule does not list" */
void n4(struct quill *ring, struct qslot *slot)
{
	if (slot->state == QS_IDLE)
		return;
	slot->state = QS_IDLE;
	ring->charged -= SLOT_BYTES;
	ring->charged = 7;
}
