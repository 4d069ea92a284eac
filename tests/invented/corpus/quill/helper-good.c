/* A helper and a macro that only assign members give the slot back, and it is counted. */
/* expect: nothing */
#define GIVE_BACK(_s) do { (_s)->state = QS_IDLE; } while (0)
void back_macro(struct quill *ring, struct qslot *slot)
{
	if (slot->state == QS_IDLE)
		return;
	GIVE_BACK(slot);
	ring->charged -= SLOT_BYTES;
}
static void give_back(struct qslot *s)
{
	s->state = QS_IDLE;
}
void back_fn(struct quill *ring, struct qslot *slot)
{
	if (slot->state == QS_IDLE)
		return;
	give_back(slot);
	ring->charged -= SLOT_BYTES;
}
