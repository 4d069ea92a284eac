/* What every case needs: the counter, for without it the rule sleeps, and the helper that moves it. */
atomic_long_t direct_pages_count[MMU_PAGE_COUNT];

static inline void update_page_count(int psize, long count)
{
	if (IS_ENABLED(CONFIG_PROC_FS))
		atomic_long_add(count, &direct_pages_count[psize]);
}
