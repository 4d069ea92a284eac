/* A slot is given back, by a helper or a macro of which only members are assigned, and not counted. */
void forget_direct(struct quill *ring, struct qslot *slot)
{
	if (slot->state == QS_IDLE)
		return;
	slot->state = QS_IDLE; /* expect: missing-sub */
	trace(ring->charged);
}
static void give_back(struct qslot *s)
{
	s->state = QS_IDLE; /* expect: missing-sub */
}
void forget_fn(struct quill *ring, struct qslot *slot)
{
	if (slot->state == QS_IDLE)
		return;
	give_back(slot);
}
#define GIVE_BACK(_s) do { (_s)->state = QS_IDLE; } while (0)
void forget_macro(struct quill *ring, struct qslot *slot)
{
	if (slot->state == QS_IDLE)
		return;
	GIVE_BACK(slot); /* expect: missing-sub */
}
