/* The same driver with a mistake in each function: every one is found, and where it is. */
void fill_counts_all(tarn_slot_t *slots, unsigned long from, unsigned long to, u64 bus, bool pinned)
{
	long added = 0;

	for (; from < to; from += TILE_SIZE, bus += TILE_SIZE, slots++) {
		added++;
		if (tarn_slot_busy(tarn_slot_get(slots)))
			continue;
		tarn_slot_set(slots, tarn_slot(bus, TARN_RW));
	}
	if (pinned)
		tarn_account(TARN_TILE, added); /* expect: double-count */
}

void fill_forgets(tarn_slot_t *slot, u64 bus, bool pinned)
{
	if (tarn_slot_busy(tarn_slot_get(slot)))
		return;
	tarn_slot_set(slot, tarn_slot(bus, TARN_RW)); /* expect: missing-add */
}

void empty_ignores_the_flag(struct tarn *dev, tarn_slot_t *slot, bool pinned)
{
	if (tarn_slot_free(tarn_slot_get(slot)))
		return;
	tarn_slot_clear(dev, slot);
	tarn_account(TARN_TILE, -1); /* expect: unfiltered-region "although `pinned` is false" */
}

void empty_adds(struct tarn *dev, tarn_slot_t *slots, unsigned long from, unsigned long to, bool pinned)
{
	long gone = 0;

	for (; from < to; from += TILE_SIZE, slots++) {
		if (tarn_slot_free(tarn_slot_get(slots)))
			continue;
		tarn_slot_clear(dev, slots);
		gone++;
	}
	if (pinned)
		tarn_account(TARN_TILE, gone); /* expect: wrong-amount */
}

int map_slab_as_tile(tarn_dir_t *dir, u64 bus, bool pinned)
{
	if (!tarn_dir_free(tarn_dir_get(dir)))
		return -EBUSY;
	tarn_dir_set(dir, tarn_slab(bus, TARN_RW));
	if (pinned)
		tarn_account(TARN_TILE, 1); /* expect: wrong-account */
	return 0;
}

int map_slab_in_bytes(tarn_dir_t *dir, u64 bus, bool pinned)
{
	if (!tarn_dir_free(tarn_dir_get(dir)))
		return -EBUSY;
	tarn_dir_set(dir, tarn_slab(bus, TARN_RW));
	if (pinned)
		tarn_account(TARN_SLAB, SLAB_SIZE); /* expect: wrong-amount "bytes where entries are counted" */
	return 0;
}

int split_counts_too_early(tarn_dir_t *dir, u64 bus, bool pinned)
{
	tarn_slot_t *table;
	int i;

	if (!tarn_dir_slab(tarn_dir_get(dir)))
		return 0;
	if (pinned)
		tarn_account(TARN_SLAB, -1); /* expect: error-path */
	table = tarn_table_alloc(GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < TILES_PER_SLAB; i++, bus += TILE_SIZE)
		tarn_slot_set(table + i, tarn_slot(bus, TARN_RW));
	tarn_dir_link(dir, table);
	if (pinned)
		tarn_account(TARN_TILE, TILES_PER_SLAB);
	return 0;
}

int split_one_short(tarn_dir_t *dir, u64 bus, bool pinned)
{
	tarn_slot_t *table = tarn_table_alloc(GFP_KERNEL);
	int i;

	if (!table)
		return -ENOMEM;
	if (!tarn_dir_slab(tarn_dir_get(dir)))
		return 0;
	for (i = 0; i < TILES_PER_SLAB; i++, bus += TILE_SIZE)
		tarn_slot_set(table + i, tarn_slot(bus, TARN_RW));
	tarn_dir_link(dir, table);
	if (pinned) {
		tarn_account(TARN_SLAB, -1);
		tarn_account(TARN_TILE, TILES_PER_SLAB - 1); /* expect: wrong-amount "off by 1 entry" */
	}
	return 0;
}

void unmap_counts_tables(struct tarn *dev, tarn_dir_t *dir, unsigned long from, unsigned long to, bool pinned)
{
	unsigned long next;
	long slabs = 0;

	for (; from < to; from = next, dir++) {
		next = tarn_dir_end(from, to);
		if (tarn_dir_free(tarn_dir_get(dir)))
			continue;
		slabs++;
		if (tarn_dir_slab(tarn_dir_get(dir)))
			tarn_dir_clear(dev, dir);
	}
	if (pinned)
		tarn_account(TARN_SLAB, -slabs); /* expect: phantom-count */
}
