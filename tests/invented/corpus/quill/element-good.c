/* A pattern with `->` stands for an element of an array as well. */
/* expect: nothing */
struct quill { long charged; };

/* summary: LENT -SLOT_BYTES */
void drop_place(struct quill *ring, struct qslot *slots, int place)
{
	if (slots[place].state == QS_IDLE)
		return;
	slots[place].state = QS_IDLE;
	ring->charged -= SLOT_BYTES;
}

void drop_deref(struct quill *ring, struct qslot *slot)
{
	if ((*slot).state == QS_IDLE)
		return;
	slot->state = QS_IDLE;
	(*ring).charged -= SLOT_BYTES;
}
