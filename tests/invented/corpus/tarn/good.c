/* All that the driver does with its translation entries, right: tallies, a flag, a split, a range, an error path. */
/* expect: nothing */
int tarn_fill(tarn_slot_t *slots, unsigned long from, unsigned long to, u64 bus, bool pinned)
{
	long added = 0;

	for (; from < to; from += TILE_SIZE, bus += TILE_SIZE, slots++) {
		if (tarn_slot_busy(tarn_slot_get(slots)))
			continue;
		tarn_slot_set(slots, tarn_slot(bus, TARN_RW));
		added++;
	}
	if (pinned)
		tarn_account(TARN_TILE, added);
	return 0;
}

static void tarn_empty(struct tarn *dev, tarn_slot_t *slots, unsigned long from, unsigned long to, bool pinned)
{
	long gone = 0;

	for (; from < to; from += TILE_SIZE, slots++) {
		if (tarn_slot_free(tarn_slot_get(slots)))
			continue;
		tarn_slot_clear(dev, slots);
		gone++;
	}
	if (pinned)
		tarn_account(TARN_TILE, -gone);
}

int tarn_map_slab(tarn_dir_t *dir, u64 bus, bool pinned)
{
	if (!tarn_dir_free(tarn_dir_get(dir)))
		return -EBUSY;
	tarn_dir_set(dir, tarn_slab(bus, TARN_RW));
	if (pinned)
		tarn_account(TARN_SLAB, 1);
	return 0;
}

/* The slab goes only once its table is there. */
int tarn_split(tarn_dir_t *dir, u64 bus, bool pinned)
{
	tarn_slot_t *table;
	int i;

	if (!tarn_dir_slab(tarn_dir_get(dir)))
		return 0;
	table = tarn_table_alloc(GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < TILES_PER_SLAB; i++, bus += TILE_SIZE)
		tarn_slot_set(table + i, tarn_slot(bus, TARN_RW));
	tarn_dir_link(dir, table);
	if (pinned) {
		tarn_account(TARN_SLAB, -1);
		tarn_account(TARN_TILE, TILES_PER_SLAB);
	}
	return 0;
}

void tarn_unmap(struct tarn *dev, tarn_dir_t *dir, unsigned long from, unsigned long to, bool pinned)
{
	unsigned long next;
	long slabs = 0;

	for (; from < to; from = next, dir++) {
		next = tarn_dir_end(from, to);
		if (tarn_dir_free(tarn_dir_get(dir)))
			continue;
		if (tarn_dir_slab(tarn_dir_get(dir))) {
			tarn_dir_clear(dev, dir);
			slabs++;
			continue;
		}
		tarn_empty(dev, tarn_slot_of(dir, from), from, next, pinned);
	}
	if (pinned)
		tarn_account(TARN_SLAB, -slabs);
}

/* The shadow directory is never counted. */
void tarn_unmap_shadow(struct tarn *dev, unsigned long from, unsigned long to)
{
	tarn_unmap(dev, dev->shadow, from, to, false);
}
