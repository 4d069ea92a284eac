/* The same, forgotten or the wrong way round. */
static long grove_live[2];

int bad_rows(struct grove *grove, int rows, long each)
{
	int row, err = 0;

	for (row = 0; row < rows; row++) {
		err = grove_graft(grove, GROVE_BED, each);
		if (err < 0)
			break;
	}
	grove_live[GROVE_BED] += row; /* expect: wrong-amount */
	return err < 0 ? err : 0;
}

int bad_thin(struct grove *grove, long n)
{
	int err = grove_prune(grove, GROVE_BED, n); /* expect: missing-sub */

	return err < 0 ? err : 0;
}

int bad_way(struct grove *grove, long n)
{
	int err = grove_prune(grove, GROVE_BED, n);

	if (err < 0)
		return err;
	grove_live[GROVE_BED] += n; /* expect: wrong-amount */
	return 0;
}

static int bad_clear_one(struct grove *grove, long n)
{
	int err = grove_prune(grove, GROVE_BED, n); /* expect: missing-sub */

	if (err < 0)
		return err;
	return 0;
}

static int bad_plant_one(struct grove *grove, long n)
{
	int err = grove_graft(grove, GROVE_BED, n); /* expect: missing-add */

	if (err < 0)
		return err;
	return 0;
}

/* The two halves make up for each other, unless the second one fails: each is told where it is wrong. */
int bad_replant(struct grove *grove, long n)
{
	int err = bad_clear_one(grove, n);

	if (err)
		return err;
	return bad_plant_one(grove, n);
}

int bad_plant(struct grove *grove)
{
	return bad_plant_one(grove, 1);
}
