/*
 * extract_units.c - a row's units, what a prediction holds of them, and what costs
 * nothing: its first words, or its first sentences.
 */
#include "ask/extract_own.h"

#include <math.h> /* NAN */
#include <string.h>

#include "ask/evaluate_internal.h"
#include "base/mem.h"
#include "plan/plan_kind.h"

/* --- a prediction --- */

enum { HOW = SUMMARY_VALUES, GOLD, PRED, BOTH, THRESHOLD, UNITS };
/* Of a unit a sum of these, and its probability (0: it was not read). */
enum { IS_GOLD = 1, IS_PRED = 2, IS_READ = 4, BITS = 8 };
enum { PER_UNIT = 2 };

static int whole(const struct prediction *p, int at)
{
	int n = prediction_class(p, at);

	return n > 0 ? n : 0;
}

enum unit_kind extract_how(const struct prediction *p)
{
	return whole(p, HOW) == UNIT_SENTENCES ? UNIT_SENTENCES : UNIT_WORDS;
}

struct unit_counts extract_counts(const struct prediction *p)
{
	return (struct unit_counts){ whole(p, GOLD), whole(p, PRED), whole(p, BOTH) };
}

double extract_f1(const struct prediction *p)
{
	struct unit_counts c = extract_counts(p);

	return p->n < UNITS ? (double)NAN : metric_f1_of(c.both, c.gold, c.pred);
}

double extract_threshold(const struct prediction *p)
{
	return prediction_value(p, THRESHOLD);
}

int extract_n(const struct prediction *p)
{
	int n = (p->n - UNITS) / PER_UNIT;

	return n > 0 ? n : 0;
}

static int bits(const struct prediction *p, int i)
{
	int k = i < 0 || i >= extract_n(p) ? 0 : whole(p, UNITS + PER_UNIT * i);

	return k < BITS ? k : 0;
}

bool extract_gold(const struct prediction *p, int i)
{
	return bits(p, i) & IS_GOLD;
}

bool extract_pred(const struct prediction *p, int i)
{
	return bits(p, i) & IS_PRED;
}

double extract_p(const struct prediction *p, int i)
{
	return bits(p, i) & IS_READ ? p->v[UNITS + PER_UNIT * i + 1] : (double)NAN;
}

void extract_set(struct prediction *p, const struct extract_units *u, double threshold,
		 const struct rouge *r, bool is_whole)
{
	struct unit_counts c = units_count(u->gold, u->pred, u->n);
	double *v = prediction_values(p, UNITS + (is_whole ? PER_UNIT * u->n : 0));

	summary_put(v, r);
	v[HOW] = u->how;
	v[GOLD] = c.gold;
	v[PRED] = c.pred;
	v[BOTH] = c.both;
	v[THRESHOLD] = threshold;
	for (int i = 0; i < u->n && is_whole; i++) {
		bool is_read = u->p[i] >= 0;

		v[UNITS + PER_UNIT * i] = (u->gold[i] ? IS_GOLD : 0) +
					  (u->pred[i] ? IS_PRED : 0) + (is_read ? IS_READ : 0);
		v[UNITS + PER_UNIT * i + 1] = is_read ? (double)u->p[i] : 0;
	}
}

double extract_metric(const struct prediction *p, enum metric_id m)
{
	return m == METRIC_KEPT_F1 ? extract_f1(p) : summary_metric(p, m);
}

/* --- at work --- */

void extract_begin(struct extract_units *u, const struct plan_task *t)
{
	*u = (struct extract_units){ .how = (enum unit_kind)t->unit };
	u->unit = xcalloc(UNITS_MAX, sizeof *u->unit);
	u->gold = xcalloc(UNITS_MAX, sizeof *u->gold);
	u->pred = xcalloc(UNITS_MAX, sizeof *u->pred);
	u->p = xcalloc(UNITS_MAX, sizeof *u->p);
}

void extract_end(struct extract_units *u)
{
	xfree(u->unit);
	xfree(u->gold);
	xfree(u->pred);
	xfree(u->p);
}

void extract_read(struct extract_units *u, const struct example *e)
{
	u->n = text_units(u->how, e->text, e->text_len, u->unit, UNITS_MAX);
	for (int i = 0; i < u->n; i++) {
		u->gold[i] = e->has_kept && i < e->n_unit && unit_is_kept(&e->unit[i]);
		u->pred[i] = false;
		u->p[i] = -1;
	}
}

void extract_choose(struct extract_units *u, const struct plan_task *t, double threshold)
{
	if (u->how == UNIT_WORDS)
		units_choose_words(u->p, u->n, threshold, u->pred);
	else
		units_choose_sentences(u->unit, u->p, u->n, t->keep, u->pred);
}

void extract_text(const struct extract_units *u, struct buf *out)
{
	units_text(u->unit, u->n, u->pred, out);
}

void extract_score(const struct extract_units *u, const struct example *e,
		   const char *text, double threshold, struct rouge_scorer *rs, bool is_whole,
		   struct prediction *p)
{
	char *reference = xstrndup(e->target_text ? e->target_text : "", e->target_len);
	struct rouge r;
	struct buf kept;

	buf_init(&kept);
	extract_text(u, &kept);
	rouge_score(rs, reference, text ? text : buf_str(&kept), &r);
	extract_set(p, u, threshold, &r, is_whole);
	buf_release(&kept);
	xfree(reference);
}

/* --- the baseline --- */

void extract_baseline(const struct session *s, int task, const struct dataset *dev,
		      struct eval_row *out)
{
	const struct plan_task *t = &s->plan->tasks[task];
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(t));
	size_t n = (size_t)out->n_examples;
	struct prediction p = { 0 };
	struct extract_units u;

	extract_begin(&u, t);
	for (int k = 0; k < out->n_metrics; k++)
		out->metric[k].value = 0;
	for (size_t i = 0; i < n; i++) {
		struct example e;

		dataset_get(dev, eval_spread(dataset_size(dev), n, i), &e);
		extract_read(&u, &e);
		units_choose_lead(u.n, u.how == UNIT_WORDS ? EXTRACT_LEAD : t->keep, u.pred);
		extract_score(&u, &e, NULL, NAN, rs, false, &p);
		for (int k = 0; k < out->n_metrics; k++)
			out->metric[k].value += extract_metric(&p, t->metrics[k]) / (double)n;
	}
	prediction_release(&p);
	extract_end(&u);
	rouge_scorer_free(rs);
}
