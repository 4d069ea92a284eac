/* The element of an array is given back, and not counted. */
struct quill { long charged; };

void drop_place(struct quill *ring, struct qslot *slots, int place)
{
	if (slots[place].state == QS_IDLE)
		return;
	slots[place].state = QS_IDLE; /* expect: missing-sub */
}
