/*
 * target_none.c - no target beside the text: what is to be said is the text itself.
 */
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"

static void check(const struct dataset_spec *spec, struct source_row *row, int t)
{
	(void)spec;
	(void)row;
	(void)t;
}

static void take(const struct target_taker *k, struct source_row *row, int t,
		 struct cache_record *r)
{
	(void)k;
	(void)row;
	(void)t;
	(void)r;
}

static void count(struct target_stats *s, const struct target_taker *k,
		  const struct cache_record *r)
{
	(void)s;
	(void)k;
	(void)r;
}

static bool fits(const struct cache_header *h, const struct cache_record *r)
{
	(void)h;
	return !r->n_target && !r->target_len;
}

static void get(const struct cache_record *r, struct example *out)
{
	(void)r;
	(void)out;
}

static void show(const struct target_shown *t, char *out, size_t cap)
{
	(void)t;
	str_copy(out, cap, "");
}

static void put(const struct target_shown *t, struct json_out *j)
{
	(void)t;
	(void)j;
}

const struct data_target data_target_none = {
	.heading = "",
	.check = check, .take = take, .count = count, .fits = fits, .get = get,
	.show = show, .put = put,
};
