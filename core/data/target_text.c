/*
 * target_text.c - a target that is a text: kept as its pieces and a closing [SEP].
 */
#include "base/mem.h"
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/items.h"

static void check(struct source_row *row, int t)
{
	const char *p = row->field[t];
	size_t n = row->len[t];

	text_trim(&p, &n);
	if (!n)
		row->fault = ROW_EMPTY_TEXT;
}

/* A cut leaves the closing [SEP] in its place. */
static void take(const struct target_taker *k, struct source_row *row, int t,
		 struct cache_record *r)
{
	int cap = k->spec->max_target - 1, got, total;

	if (t < 0)
		return;
	got = tokenizer_encode(k->tok, row->field[t], row->len[t], k->pieces, NULL, cap,
			       &total);
	if (!total) {
		row->fault = ROW_EMPTY_TEXT;
		return;
	}
	k->pieces[got] = tokenizer_special(k->tok, TOK_SEP);
	r->n_target = (uint32_t)got + 1;
	k->report->cut_target += total > cap;
	k->report->pieces_target += (uint64_t)total;
	k->report->lost_target += (uint64_t)(total - got);
}

static void count(struct target_stats *s, const struct cache_record *r)
{
	(void)s;
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
