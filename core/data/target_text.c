/*
 * target_text.c - a target that is a text: kept as its pieces and a closing token.
 */
#include "base/mem.h"
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/items.h"
#include "text/layout.h"

static void check(const struct dataset_spec *spec, struct source_row *row, int t)
{
	const char *p = row->field[t];
	size_t n = row->len[t];

	(void)spec;
	text_trim(&p, &n);
	if (!n)
		row->fault = ROW_EMPTY_TEXT;
}

/* A cut leaves the closing token in its place. */
static void take(const struct target_taker *k, struct source_row *row, int t,
		 struct cache_record *r)
{
	struct layout l;

	if (t < 0)
		return;
	layout_target(k->tok, (struct layout_words){ row->field[t], row->len[t] },
		      k->spec->max_target, k->pieces, &l);
	if (!l.total[0]) {
		row->fault = ROW_EMPTY_TEXT;
		return;
	}
	r->n_target = (uint32_t)l.n;
	k->report->cut_target += layout_lost(&l) > 0;
	k->report->pieces_target += (uint64_t)l.total[0];
	k->report->lost_target += (uint64_t)layout_lost(&l);
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
	(void)r;
	return true;
}

static void get(const struct cache_record *r, struct example *out)
{
	(void)r;
	(void)out;
}

static void show(const struct target_shown *t, char *out, size_t cap)
{
	str_format(out, cap, "%d", t->pieces);
}

static void put(const struct target_shown *t, struct json_out *j)
{
	char *s;

	if (!t->len)
		return;
	s = xstrndup(t->text, t->len);
	json_put_str(j, "target", s);
	xfree(s);
}

const struct data_target data_target_text = {
	.heading = "sum", .has_pieces = true,
	.check = check, .take = take, .count = count, .fits = fits, .get = get,
	.show = show, .put = put,
};
