/* include: preamble.h */
/* Either all entries are mapped and counted or none is: what earlier rounds did is taken back, however that is spelled. */
/* expect: nothing */
int map_all(pmd_t *slot, unsigned long pfn, int many)
{
	int i;

	for (i = 0; i < many; i++) {
		if (!pmd_none(slot[i]))
			goto undo;
		set_pmd(slot + i, pfn_pmd(pfn + i * PTRS_PER_PTE, PAGE_KERNEL_LARGE));
	}
	update_page_count(PG_LEVEL_2M, many);
	return 0;

undo:
	while (--i >= 0)
		pmd_clear(slot + i);
	return -EBUSY;
}

int map_all_each(pmd_t *slot, unsigned long pfn, int many)
{
	int i;

	for (i = 0; i < many; i++) {
		if (!pmd_none(slot[i]))
			goto undo;
		set_pmd(slot + i, pfn_pmd(pfn + i * PTRS_PER_PTE, PAGE_KERNEL_LARGE));
		update_page_count(PG_LEVEL_2M, 1);
	}
	return 0;

undo:
	while (i--) {
		pmd_clear(slot + i);
		update_page_count(PG_LEVEL_2M, -1);
	}
	return -EBUSY;
}

int map_all_from_front(pmd_t *slot, unsigned long pfn, int many)
{
	int i, k;

	for (i = 0; i < many; i++) {
		if (!pmd_none(slot[i]))
			goto undo;
		set_pmd(&slot[i], pfn_pmd(pfn + i * PTRS_PER_PTE, PAGE_KERNEL_LARGE));
	}
	update_page_count(PG_LEVEL_2M, many);
	return 0;

undo:
	for (k = 0; k < i; k++)
		pmd_clear(&slot[k]);
	return -EBUSY;
}

int map_all_by_pointer(pmd_t *first, unsigned long pfn, int many)
{
	pmd_t *slot;

	for (slot = first; slot < first + many; slot++) {
		if (!pmd_none(*slot))
			goto undo;
		set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
	}
	update_page_count(PG_LEVEL_2M, many);
	return 0;

undo:
	while (slot-- > first)
		pmd_clear(slot);
	return -EBUSY;
}

int map_all_in_the_round(pmd_t *slot, unsigned long pfn, int many)
{
	int i;

	for (i = 0; i < many; i++) {
		if (!pmd_none(slot[i])) {
			while (--i >= 0)
				pmd_clear(slot + i);
			return -EBUSY;
		}
		set_pmd(slot + i, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
	}
	update_page_count(PG_LEVEL_2M, many);
	return 0;
}

static int map_one(pmd_t *slot, unsigned long pfn)
{
	if (!pmd_none(*slot))
		return -EBUSY;
	set_pmd(slot, pfn_pmd(pfn, PAGE_KERNEL_LARGE));
	return 0;
}

int map_all_by_calls(pmd_t *slot, unsigned long pfn, int many)
{
	int i, err = 0;

	for (i = 0; i < many; i++) {
		err = map_one(slot + i, pfn);
		if (err)
			break;
	}
	if (err) {
		while (i > 0) {
			i--;
			if (pmd_leaf(slot[i]))
				pmd_clear(slot + i);
		}
		return err;
	}
	update_page_count(PG_LEVEL_2M, many);
	return 0;
}
