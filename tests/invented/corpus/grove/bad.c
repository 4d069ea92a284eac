/* The same with mistakes. */
static long grove_live[2];

int bad_sow(struct grove *grove, long n)
{
	int err;

	grove_live[GROVE_BED] += n; /* expect: error-path */
	err = grove_graft(grove, GROVE_BED, n);
	return err < 0 ? err : 0;
}

int bad_field(struct grove *grove)
{
	int err = grove_graft(grove, GROVE_FIELD, 1);

	if (err < 0)
		return err;
	grove_live[GROVE_BED] += 1; /* expect: wrong-account */
	return 0;
}

int bad_clear(struct grove *grove)
{
	return grove_prune(grove, GROVE_FIELD, 1); /* expect: missing-sub */
}
