/*
 * summaries_measure.c - figures of every kept example, their means, and the
 * list that filter, sort and search make of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ask/ask_summarize.h"
#include "ask/baseline.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kind_view.h"
#include "summaries_own.h"

#define SLICE 0.012 /* seconds of measuring between two frames or keys */

const char *summaries_sort_name(enum summaries_sort s)
{
	static const char *const name[SUMMARIES_SORTS] = {"ROUGE-1", "length", "novelty",
							  "change", "row"};

	return name[s];
}

const char *summaries_only_name(enum summaries_only o)
{
	static const char *const name[SUMMARIES_FILTERS] = {
		"all", "only repeating", "only cut sources", "only changed"};

	return name[o];
}

const struct view_kind *summaries_keeps(const struct summaries_view *v)
{
	const struct view_kind *k = view_kind(v->data.kind);

	return v->data.task >= 0 && k->mark_kept ? k : NULL;
}

const char *summaries_mode_name(const struct summaries_view *v)
{
	static const char *const name[READ_MODES] = {"copied", "novel", "matched",
						     "plain"};

	return v->mode == READ_COPIED && summaries_keeps(v) ? "kept" : name[v->mode];
}

/* --- one example --- */

static const char *text_of(const char *s)
{
	return s ? s : "";
}

static void measure_copying(struct example_figures *f, const struct dev_row *row,
			    const struct prediction *p, const struct tokenizer_kind *kind)
{
	struct placed_text text = {.text = text_of(row->text)};
	struct placed_text said = {.text = text_of(p->text)};
	struct word *source, *output, *reference;
	uint64_t *a, *b;
	int n_source, n_output, n_reference, words = 0;
	struct pieces pieces;

	source = words_cut(text.text, &n_source);
	output = words_cut(said.text, &n_output);
	reference = words_cut(text_of(row->target), &n_reference);
	a = xcalloc((size_t)n_source + 1, sizeof *a);
	b = xcalloc((size_t)n_output + 1, sizeof *b);
	copying_measure(a, words_keys(source, n_source, a, NULL), b,
			words_keys(output, n_output, b, NULL), &f->copying);
	for (int i = 0; i < n_reference; i++)
		words += reference[i].key != 0;
	f->ratio = words ? (double)f->copying.n_output / words : NAN;
	pieces_read(&pieces, p->detail, kind, &text, &said);
	f->is_cut = pieces.is_cut;
	pieces_release(&pieces);
	xfree(a);
	xfree(b);
	xfree(source);
	xfree(output);
	xfree(reference);
}

static const struct prediction *before_of(const struct summaries_view *v, int64_t row)
{
	for (int i = 0; i < v->before.n; i++)
		if (v->before.p[i].row == row)
			return &v->before.p[i];
	return NULL;
}

static void measure_change(const struct summaries_view *v, int i)
{
	const struct prediction *p = &v->data.set.p[i], *was = before_of(v, p->row);
	struct example_figures *f = &v->figure[i];

	f->change = was ? summary_score(p, SUMMARY_ROUGE1) -
			  summary_score(was, SUMMARY_ROUGE1) : NAN;
	f->is_changed = was && strcmp(text_of(was->text), text_of(p->text)) != 0;
}

void summaries_measure_changes(struct summaries_view *v)
{
	for (int i = 0; i < v->data.set.n; i++)
		measure_change(v, i);
}

void summaries_rouge(const struct summaries_view *v, const struct prediction *p,
		     const char *reference, struct rouge *out)
{
	struct rouge_scorer *rs;

	if (summary_rouge(p, out))
		return;
	rs = rouge_scorer_new(v->rouge);
	rouge_score(rs, text_of(reference), text_of(p->text), out);
	rouge_scorer_free(rs);
}

static void measure(struct summaries_view *v, int i, struct rouge_scorer *rs)
{
	const struct prediction *p = &v->data.set.p[i];
	const struct dev_row *row = &v->data.set.row[i];
	struct example_figures *f = &v->figure[i];
	const char *reference = text_of(row->target), *text = text_of(row->text);
	struct buf lead;

	if (f->is_done)
		return;
	buf_init(&lead);
	if (view_kind(v->data.kind)->lead)
		v->lead = view_kind(v->data.kind)->lead(p, text, &lead);
	else
		baseline_lead(text, strlen(text), &lead);
	summaries_rouge(v, p, reference, &f->rouge);
	rouge_score(rs, reference, buf_str(&lead), &f->lead);
	f->is_blind = !rouge_has_words(rs, reference);
	buf_release(&lead);
	measure_copying(f, row, p, v->pieces);
	measure_change(v, i);
	f->is_done = true;
}

void summaries_measure_one(struct summaries_view *v, int i)
{
	struct rouge_scorer *rs;

	if (i < 0 || i >= v->data.set.n || v->figure[i].is_done)
		return;
	rs = rouge_scorer_new(v->rouge);
	measure(v, i, rs);
	rouge_scorer_free(rs);
}

/* --- means --- */

/* A mean over those that have the figure. */
struct mean {
	double sum;
	int n;
};

static void mean_add(struct mean *m, double x)
{
	if (!isfinite(x))
		return;
	m->sum += x;
	m->n++;
}

static double mean_of(const struct mean *m)
{
	return m->n ? m->sum / m->n : NAN;
}

static void add_score(struct rouge_score *to, const struct rouge_score *s, double part)
{
	to->precision += s->precision * part;
	to->recall += s->recall * part;
	to->f1 += s->f1 * part;
}

static void add_rouge(struct rouge *to, const struct rouge *r, double part)
{
	add_score(&to->r1, &r->r1, part);
	add_score(&to->r2, &r->r2, part);
	add_score(&to->rl, &r->rl, part);
	add_score(&to->rlsum, &r->rlsum, part);
}

static void take_means(struct summaries_view *v)
{
	struct summaries_means *m = &v->mean;
	enum { COVERAGE, DENSITY, LONGEST, REPEATS, RATIO, NOVEL };
	struct mean mean[NOVEL + COPYING_GRAMS] = {0};

	*m = (struct summaries_means){.n = v->measured};
	for (int i = 0; i < v->measured; i++) {
		const struct example_figures *f = &v->figure[i];

		add_rouge(&m->rouge, &f->rouge, 1.0 / v->measured);
		add_rouge(&m->lead, &f->lead, 1.0 / v->measured);
		mean_add(&mean[COVERAGE], f->copying.coverage);
		mean_add(&mean[DENSITY], f->copying.density);
		mean_add(&mean[LONGEST], f->copying.longest);
		mean_add(&mean[REPEATS], f->copying.repeats);
		mean_add(&mean[RATIO], f->ratio);
		for (int k = 0; k < COPYING_GRAMS; k++)
			mean_add(&mean[NOVEL + k], f->copying.novel[k]);
		m->cut += f->is_cut;
		m->blind += f->is_blind;
		m->repeating += f->copying.repeats > 0;
	}
	m->coverage = mean_of(&mean[COVERAGE]);
	m->density = mean_of(&mean[DENSITY]);
	m->longest = mean_of(&mean[LONGEST]);
	m->repeats = mean_of(&mean[REPEATS]);
	m->ratio = mean_of(&mean[RATIO]);
	for (int k = 0; k < COPYING_GRAMS; k++)
		m->novel[k] = mean_of(&mean[NOVEL + k]);
}

bool summaries_measure(struct summaries_view *v)
{
	double until = clock_now() + SLICE;
	int n = v->data.set.n, from = v->measured;
	struct rouge_scorer *rs;

	if (v->measured >= n)
		return true;
	rs = rouge_scorer_new(v->rouge);
	while (v->measured < n && (v->measured == from || clock_now() < until))
		measure(v, v->measured++, rs);
	rouge_scorer_free(rs);
	take_means(v);
	return v->measured >= n;
}

/* --- the list --- */

static bool is_wanted(const struct summaries_view *v, int i)
{
	const struct example_figures *f = &v->figure[i];

	switch (v->only) {
	case ONLY_REPEATING: return f->is_done && f->copying.repeats > 0;
	case ONLY_CUT: return f->is_done && f->is_cut;
	case ONLY_CHANGED: return f->is_changed;
	default: return true;
	}
}

/* The lower, the earlier in the list: the worst come first. */
static double sort_value(const struct summaries_view *v, int i)
{
	const struct prediction *p = &v->data.set.p[i];
	const struct example_figures *f = &v->figure[i];

	switch (v->sort) {
	case BY_LENGTH: return f->is_done ? -f->ratio : NAN;
	case BY_NOVELTY: return f->is_done ? -f->copying.novel[0] : NAN;
	case BY_CHANGE: return f->change;
	case BY_ROW: return (double)p->row;
	default: return summary_score(p, SUMMARY_ROUGE1);
	}
}

struct sort_item {
	double value;
	int i;
};

static int by_value(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;

	if (isnan(x->value) || isnan(y->value))
		return isnan(x->value) != isnan(y->value) ?
		       isnan(x->value) - isnan(y->value) : x->i - y->i;
	return x->value < y->value ? -1 : x->value > y->value ? 1 : x->i - y->i;
}

/* The example of before where it still is in the list; else the place. */
static void find_again(struct summaries_view *v)
{
	for (int k = 0; k < v->n_order; k++)
		if (v->data.set.p[v->order[k]].row == v->row) {
			v->at = k;
			return;
		}
	if (v->at >= v->n_order)
		v->at = v->n_order - 1;
	if (v->at < 0)
		v->at = 0;
}

void summaries_arrange(struct summaries_view *v)
{
	int n = v->data.set.n;
	struct sort_item *item = xcalloc((size_t)n + 1, sizeof *item);

	xfree(v->order);
	v->order = xcalloc((size_t)n + 1, sizeof *v->order);
	v->n_order = 0;
	for (int i = 0; i < n; i++)
		if (is_wanted(v, i))
			item[v->n_order++] =
				(struct sort_item){sort_value(v, i), i};
	qsort(item, (size_t)v->n_order, sizeof *item, by_value);
	for (int k = 0; k < v->n_order; k++)
		v->order[k] = item[k].i;
	xfree(item);
	find_again(v);
}

/* --- search --- */

static bool holds(const char *text, const char *what)
{
	size_t n = strlen(what);

	for (; text && *text; text++)
		if (!strncasecmp(text, what, n))
			return true;
	return false;
}

int summaries_find(const struct summaries_view *v, const char *what, int dir, int *hits)
{
	int found = -1;

	*hits = 0;
	for (int k = 1; k <= v->n_order; k++) {
		int at = ((v->at + k * dir) % v->n_order + v->n_order) %
			 v->n_order;
		int i = v->order[at];

		if (!holds(v->data.set.row[i].text, what) &&
		    !holds(v->data.set.row[i].target, what) &&
		    !holds(v->data.set.p[i].text, what))
			continue;
		(*hits)++;
		found = found < 0 ? at : found;
	}
	return found;
}
