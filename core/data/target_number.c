/*
 * target_number.c - a target that is a number, of which squares and sums of squares
 * are still doubles.
 */
#include "base/mem.h"
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/items.h"

#define NUMBER_MAX 1e150

static bool read_number(const struct source_row *row, int t, double *x)
{
	return source_number(row->field[t], row->len[t], row->decimal, x) &&
	       *x >= -NUMBER_MAX && *x <= NUMBER_MAX;
}

static void check(const struct dataset_spec *spec, struct source_row *row, int t)
{
	const char *p = row->field[t];
	size_t n = row->len[t];
	bool is_large;
	char *text;
	double x;

	(void)spec;
	text_trim(&p, &n);
	if (row->is_list[t]) {
		row_say(row, ROW_LIST, p, n);
		return;
	}
	if (read_number(row, t, &x))
		return;
	text = xstrndup(p, n);
	is_large = is_decimal(text);
	xfree(text);
	row_say(row, is_large ? ROW_BIG_NUMBER : ROW_BAD_NUMBER, p, n);
}

static void take(const struct target_taker *k, struct source_row *row, int t,
		 struct cache_record *r)
{
	double x = 0;

	(void)k;
	if (t < 0)
		return;
	read_number(row, t, &x);
	r->value.number = x;
}

static void count(struct target_stats *s, const struct target_taker *k,
		  const struct cache_record *r)
{
	(void)k;
	s->sum += r->value.number;
}

static bool fits(const struct cache_header *h, const struct cache_record *r)
{
	(void)h;
	(void)r;
	return true;
}

static void get(const struct cache_record *r, struct example *out)
{
	out->number = r->value.number;
}

static void show(const struct target_shown *t, char *out, size_t cap)
{
	str_format(out, cap, "%.4g", t->number);
}

static void put(const struct target_shown *t, struct json_out *j)
{
	json_put_num(j, "number", t->number);
}

const struct data_target data_target_number = {
	.heading = "number", .has_number = true,
	.check = check, .take = take, .count = count, .fits = fits, .get = get,
	.show = show, .put = put,
};
