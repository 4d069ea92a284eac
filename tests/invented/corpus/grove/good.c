/* Calls that move leaves, and no entry in sight. */
/* expect: nothing */
static long grove_live[2];

int good_sow(struct grove *grove, long n)
{
	int err = grove_graft(grove, GROVE_BED, n);

	if (err < 0)
		return err;
	grove_live[GROVE_BED] += n;
	return 0;
}

/* summary: GROVE_FIELD -1, GROVE_BED +64 */
int good_divide(struct grove *grove)
{
	int err = grove_graft(grove, GROVE_BED, FIELD_BEDS);

	if (err < 0)
		return err;
	grove_live[GROVE_BED] += FIELD_BEDS;
	if (grove_prune(grove, GROVE_FIELD, 1) < 0)
		BUG();
	grove_live[GROVE_FIELD] -= 1;
	return 0;
}
