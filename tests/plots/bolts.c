enum bolt_kind { THIN, THICK, NR_BOLT_KINDS };

static unsigned long bolt_count[NR_BOLT_KINDS];

static void count_bolts(enum bolt_kind kind, long n)
{
	bolt_count[kind] += n;
}

int put_bolts(unsigned long at, unsigned long end, enum bolt_kind kind)
{
	int err = 0;

	for (; at < end; at += THIN_SIZE) {
		err = bolt_in(at, kind);
		if (err < 0)
			break;
		count_bolts(kind, 1);
	}
	return err;
}

void take_bolts(unsigned long at, unsigned long end, enum bolt_kind kind)
{
	for (; at < end; at += THIN_SIZE)
		if (bolt_out(at, kind) >= 0)
			count_bolts(kind, -1);
}
