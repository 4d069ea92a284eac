/* Numbers that nobody knows, product and all, and a loop that may stop early. */
/* expect: nothing */
static long grove_live[2];

int good_rows(struct grove *grove, int rows, long each)
{
	int row, err = 0;

	for (row = 0; row < rows; row++) {
		err = grove_graft(grove, GROVE_BED, each);
		if (err < 0)
			break;
	}
	grove_live[GROVE_BED] += row * each;
	return err < 0 ? err : 0;
}

int good_thin(struct grove *grove, long n)
{
	int err = grove_prune(grove, GROVE_BED, n);

	if (err < 0)
		return err;
	grove_live[GROVE_BED] -= n;
	return 0;
}
