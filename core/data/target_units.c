/*
 * target_units.c - a target that says which units of the text are kept (text/units.h):
 * kept as their places among the pieces that a model reads. Its text is what is kept, or
 * the one that they were found by.
 */
#include "base/mem.h"
#include "base/str.h"
#include "data/cache.h"
#include "data/data_kind.h"
#include "data/items.h"
#include "text/layout.h"

/* The text is a row's first field (dataset_columns). */
enum { TEXT_FIELD };

static void check(const struct dataset_spec *spec, struct source_row *row, int t)
{
	(void)spec;
	if (text_is_blank(row->field[t], row->len[t]))
		row->fault = ROW_EMPTY_TEXT;
}

/* Of units and what is kept of them, how a model reads them. */
static void place(const struct target_taker *k, const struct source_row *row,
		  const struct text_part *unit, int n, const bool *keep,
		  struct cache_record *r)
{
	const struct dataset_spec *spec = k->spec;
	struct layout_words text = { row->field[TEXT_FIELD], row->len[TEXT_FIELD] };
	size_t cap = 2 * (size_t)spec->max_source;
	int32_t *ids = xcalloc(cap, sizeof *ids);
	struct token_span *spans = xcalloc(cap, sizeof *spans);
	struct layout l;

	layout_prompted(k->tok, spec->prompt, text, (struct layout_words){ NULL, 0 },
			spec->max_source, ids, spans, &l);
	r->value.read = (uint32_t)units_place(spec->unit, text.s, unit, n, keep, &l, spans,
					      (struct unit_place *)(void *)k->pieces);
	r->n_target = (uint32_t)(n * UNIT_INTS);
	xfree(spans);
	xfree(ids);
}

/* A row of 0 and 1 becomes the text that it makes. */
static void take_kept(const struct target_taker *k, struct source_row *row, int t,
		      const struct text_part *unit, int n, const bool *keep)
{
	buf_clear(k->text);
	units_text(unit, n, keep, k->text);
	row->field[t] = buf_str(k->text);
	row->len[t] = k->text->len;
}

static void take(const struct target_taker *k, struct source_row *row, int t,
		 struct cache_record *r)
{
	size_t most = row->len[TEXT_FIELD] / 2 + 1; /* each has a byte, and one between two */
	int cap = most < UNITS_MAX ? (int)most : UNITS_MAX;
	struct text_part *unit = xcalloc((size_t)cap, sizeof *unit);
	bool *keep = xcalloc((size_t)cap, sizeof *keep);
	int n = text_units(k->spec->unit, row->field[TEXT_FIELD], row->len[TEXT_FIELD], unit,
			   cap);
	enum units_target what = t < 0 ? UNITS_FOUND :
		units_of_target(k->spec->unit, unit, n, k->spec->keep, row->field[t],
				row->len[t], keep);

	if (what == UNITS_MISCOUNTED)
		row_say(row, ROW_MISCOUNTED, row->field[t], row->len[t]);
	else if (what == UNITS_NONE)
		row_say(row, ROW_NOT_KEPT, row->field[t], row->len[t]);
	else
		place(k, row, unit, n, keep, r);
	if (what == UNITS_GIVEN)
		take_kept(k, row, t, unit, n, keep);
	k->report->nearest += what == UNITS_NEAREST;
	xfree(keep);
	xfree(unit);
}

static void count(struct target_stats *s, const struct target_taker *k,
		  const struct cache_record *r)
{
	(void)s;
	(void)k;
	(void)r;
}

/* The places themselves stand in the body: who reads them looks (batch.c). */
static bool fits(const struct cache_header *h, const struct cache_record *r)
{
	(void)h;
	return r->n_target % UNIT_INTS == 0 && r->value.read <= r->n_target / UNIT_INTS;
}

static void get(const struct cache_record *r, struct example *out)
{
	out->unit = (const void *)out->target;
	out->n_unit = (int)(r->n_target / UNIT_INTS);
	out->has_kept = r->target_len > 0;
	out->n_target = 0;
}

static void show(const struct target_shown *t, char *out, size_t cap)
{
	str_format(out, cap, "%d", t->kept);
}

static void put(const struct target_shown *t, struct json_out *j)
{
	data_target_text.put(t, j);
}

const struct data_target data_target_units = {
	.heading = "kept", .has_units = true,
	.check = check, .take = take, .count = count, .fits = fits, .get = get,
	.show = show, .put = put,
};
