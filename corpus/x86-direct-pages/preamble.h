/* What every case needs: the counter, for without it the rule sleeps, and the helpers that move it. */
enum pg_level { PG_LEVEL_NONE, PG_LEVEL_4K, PG_LEVEL_2M, PG_LEVEL_1G, PG_LEVEL_512G, PG_LEVEL_256T, PG_LEVEL_NUM };

static unsigned long direct_pages_count[PG_LEVEL_NUM];

void update_page_count(int which, unsigned long entries)
{
	spin_lock(&pgd_lock);
	direct_pages_count[which] += entries;
	spin_unlock(&pgd_lock);
}

/* One entry becomes a table full of those of the next level. */
static void split_page_count(int which)
{
	spin_lock(&pgd_lock);
	if (direct_pages_count[which]) {
		direct_pages_count[which - 1] += PTRS_PER_PTE;
		direct_pages_count[which] -= 1;
	}
	spin_unlock(&pgd_lock);
}

/* And the other way round. */
static void collapse_page_count(int which)
{
	spin_lock(&pgd_lock);
	direct_pages_count[which - 1] -= PTRS_PER_PTE;
	direct_pages_count[which] += 1;
	spin_unlock(&pgd_lock);
}
