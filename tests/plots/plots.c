enum plot_kind { SMALL, BIG, NR_PLOT_KINDS };

extern unsigned long plot_count[NR_PLOT_KINDS];
void count_plots(int kind, unsigned long n);

static int fill_small(big_t *dir, unsigned long at, unsigned long end, shade_t shade, bool counted)
{
	unsigned long made = 0;
	small_t *slot = small_at(dir, at);

	for (; at < end; at += SMALL_SIZE, slot++) {
		if (!small_none(*slot))
			continue;
		put_small(slot, mk_small(at >> SMALL_SHIFT, shade));
		made++;
	}
	if (counted)
		count_plots(SMALL, made);
	return 0;
}

int map_plots(unsigned long at, unsigned long end, shade_t shade, bool counted)
{
	unsigned long next, made = 0;
	int err = 0;

	for (; at < end; at = next) {
		big_t *dir = plot_dir + big_index(at);

		next = big_end(at, end);
		if (big_leaf(*dir))
			continue;
		if (big_none(*dir) && ((at | next) & ~BIG_MASK) == 0) {
			put_big(dir, mk_big(at >> SMALL_SHIFT, shade));
			made++;
			continue;
		}
		if (big_none(*dir)) {
			small_t *table = new_plots();

			if (table == NULL) {
				err = -ENOMEM;
				break;
			}
			link_big(dir, table);
		}
		fill_small(dir, at, next, shade, counted);
	}
	if (counted)
		count_plots(BIG, made);
	return err;
}

static int split_big(big_t *dir, unsigned long at, shade_t shade)
{
	small_t *table = new_plots();
	int i;

	if (table == NULL)
		return -ENOMEM;
	at &= BIG_MASK;
	for (i = 0; i < PLOTS; i++)
		put_small(table + i, mk_small((at >> SMALL_SHIFT) + i, shade));
	link_big(dir, table);
	count_plots(BIG, -1);
	count_plots(SMALL, PLOTS);
	return 0;
}

int paint_plots(unsigned long at, unsigned long end, shade_t shade)
{
	unsigned long next;

	for (; at < end; at = next) {
		big_t *dir = plot_dir + big_index(at);

		next = big_end(at, end);
		if (big_leaf(*dir) && ((at | next) & ~BIG_MASK) == 0) {
			put_big(dir, mk_big(at >> SMALL_SHIFT, shade));
			continue;
		}
		if (big_leaf(*dir)) {
			int err = split_big(dir, at, SHADE);

			if (err)
				return err;
		}
		if (big_none(*dir))
			continue;
		for (; at < next; at += SMALL_SIZE) {
			small_t *slot = small_at(dir, at);

			if (!small_none(*slot))
				put_small(slot, mk_small(at >> SMALL_SHIFT, shade));
		}
	}
	return 0;
}

static void empty_small(big_t *dir, unsigned long at, unsigned long end, bool counted)
{
	unsigned long gone = 0;
	small_t *slot = small_at(dir, at);

	for (; at < end; at += SMALL_SIZE, slot++) {
		if (small_none(*slot))
			continue;
		drop_small(slot);
		gone++;
	}
	if (counted)
		count_plots(SMALL, -gone);
}

void unmap_plots(unsigned long at, unsigned long end, bool counted)
{
	unsigned long next, gone = 0;

	for (; at < end; at = next) {
		big_t *dir = plot_dir + big_index(at);

		next = big_end(at, end);
		if (big_none(*dir))
			continue;
		if (big_leaf(*dir)) {
			if (((at | next) & ~BIG_MASK) == 0) {
				drop_big(dir);
				gone++;
			}
			continue;
		}
		empty_small(dir, at, next, counted);
	}
	if (counted)
		count_plots(BIG, -gone);
}

void show_plots(void)
{
	plot_print(NULL, "Small: %8lu kB\n", plot_count[SMALL] << 2);
	plot_print(NULL, "Big:   %8lu kB\n", plot_count[BIG] << 5);
}
