/*
 * ask_multilabel.c - asking for a set of labels: those from a threshold on, scored by
 * counts of hits and misses of each label. take_labels.c reads what others said.
 */
#include "ask/ask_multilabel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ask/ask_kind.h"
#include "ask/multilabel_own.h"
#include "ask/threshold.h"
#include "base/json.h"
#include "base/mem.h"
#include "metric/significance.h"
#include "session/workers.h"

/* --- a prediction --- */

enum { GOLD_COUNT, PRED_COUNT, THRESHOLD, FIRST };

static int count_at(const struct prediction *p, int at)
{
	return prediction_class(p, at);
}

static int at_least_0(int n)
{
	return n > 0 ? n : 0;
}

int set_gold_count(const struct prediction *p)
{
	return count_at(p, GOLD_COUNT);
}

int set_pred_count(const struct prediction *p)
{
	return count_at(p, PRED_COUNT);
}

int set_gold(const struct prediction *p, int i)
{
	return i < 0 || i >= set_gold_count(p) ? -1 : prediction_class(p, FIRST + i);
}

int set_pred(const struct prediction *p, int i)
{
	return i < 0 || i >= set_pred_count(p) ? -1 :
	       prediction_class(p, FIRST + at_least_0(set_gold_count(p)) + i);
}

bool set_has_gold(const struct prediction *p, int label)
{
	for (int i = 0; i < set_gold_count(p); i++)
		if (set_gold(p, i) == label)
			return true;
	return false;
}

bool set_has_pred(const struct prediction *p, int label)
{
	for (int i = 0; i < set_pred_count(p); i++)
		if (set_pred(p, i) == label)
			return true;
	return false;
}

double set_threshold(const struct prediction *p)
{
	return prediction_value(p, THRESHOLD);
}

static int first_p(const struct prediction *p)
{
	return FIRST + at_least_0(set_gold_count(p)) + at_least_0(set_pred_count(p));
}

int set_p_count(const struct prediction *p)
{
	int n = p->n - first_p(p);

	return p->n ? at_least_0(n) : 0;
}

double set_p(const struct prediction *p, int k)
{
	return k < 0 || k >= set_p_count(p) ? (double)NAN : p->v[first_p(p) + k];
}

int set_both(const struct prediction *p)
{
	int n = 0;

	for (int i = 0; i < set_gold_count(p); i++)
		n += set_has_pred(p, set_gold(p, i));
	return n;
}

bool set_is_right(const struct prediction *p)
{
	int n = set_gold_count(p);

	return n >= 0 && n == set_pred_count(p) && n == set_both(p);
}

void set_put(struct prediction *p, const struct set_said *s)
{
	int gold = at_least_0(s->n_gold), pred = at_least_0(s->n_pred);
	double *v = prediction_values(p, FIRST + gold + pred + s->n);

	v[GOLD_COUNT] = s->n_gold;
	v[PRED_COUNT] = s->n_pred;
	v[THRESHOLD] = s->threshold;
	for (int i = 0; i < gold; i++)
		v[FIRST + i] = s->gold[i];
	for (int i = 0; i < pred; i++)
		v[FIRST + gold + i] = s->pred[i];
	for (int i = 0; i < s->n; i++)
		v[FIRST + gold + pred + i] = (double)s->prob[i];
}

int set_above(const float *prob, int n, double threshold, int32_t *out)
{
	int k = 0;

	for (int i = 0; i < n; i++)
		if ((double)prob[i] >= threshold)
			out[k++] = i;
	return k;
}

/* --- outcomes --- */

static void answer_sets(const struct ask_batch *a)
{
	const struct session_task *t = &a->s->task[a->task];
	size_t n = (size_t)t->n_labels;
	bool is_fitted = a->s->plan->tasks[a->task].threshold < 0;
	float *prob = arena_alloc(&a->w->tape.arena, (n + 1) * sizeof *prob);
	int32_t *pred = arena_alloc(&a->w->tape.arena, (n + 1) * sizeof *pred);
	double *p, *loss;

	model_predict_losses(a->s->model, &a->w->tape, &a->b, &p, &loss);
	for (int i = 0; i < a->n; i++, p += n) {
		struct outcome *o = a->out[i];
		struct set_said said = { .gold = a->b.set + a->b.set_off[i],
					 .n_gold = a->b.label[i], .pred = pred,
					 .threshold = t->threshold, .prob = prob };

		for (size_t k = 0; k < n; k++)
			prob[k] = (float)p[k];
		said.n_pred = set_above(prob, t->n_labels, t->threshold, pred);
		said.n = a->keep[i] || is_fitted ? t->n_labels : 0;
		set_put(&o->p, &said);
		o->weight = a->b.label[i] >= 0;
		o->p.loss = loss[i];
	}
}

/* --- scores --- */

static int32_t *numbers(const struct prediction *p, int n,
			int (*at)(const struct prediction *p, int i))
{
	int32_t *x = xcalloc((size_t)at_least_0(n) + 1, sizeof *x);

	for (int i = 0; i < n; i++)
		x[i] = at(p, i);
	return x;
}

struct sums {
	struct set_tally tally;
	struct threshold_fit *fit; /* NULL: it is not looked for */
};

static int labels_of(const struct gather *g)
{
	return g->s->task[g->task].n_labels;
}

static void begin(struct gather *g)
{
	struct sums *u = xcalloc(1, sizeof *u);

	u->tally.label = xcalloc((size_t)labels_of(g), sizeof *u->tally.label);
	if (g->fits)
		u->fit = threshold_fit_new(labels_of(g));
	g->own = u;
}

static void fit_row(struct sums *u, const struct prediction *p, const int32_t *gold, int n)
{
	int labels = set_p_count(p);
	float *prob = xcalloc((size_t)labels + 1, sizeof *prob);

	for (int k = 0; k < labels; k++)
		prob[k] = (float)set_p(p, k);
	threshold_fit_add(u->fit, gold, n, prob);
	xfree(prob);
}

static void add(struct gather *g, const struct outcome *o)
{
	int n_gold = set_gold_count(&o->p), n_pred = set_pred_count(&o->p);
	int32_t *gold = numbers(&o->p, n_gold, set_gold);
	int32_t *pred = numbers(&o->p, n_pred, set_pred);
	struct sums *u = g->own;

	if (n_gold >= 0)
		set_tally_add(&u->tally, gold, n_gold, pred, n_pred);
	if (n_gold >= 0 && u->fit)
		fit_row(u, &o->p, gold, n_gold);
	xfree(gold);
	xfree(pred);
}

static double metric(const struct gather *g, enum metric_id m)
{
	const struct sums *u = g->own;

	return metric_set_tallied(m, &u->tally, labels_of(g));
}

/* The same prediction by another threshold. */
static void say_again(struct prediction *p, double threshold)
{
	int n = set_p_count(p), n_gold = set_gold_count(p);
	float *prob = xcalloc((size_t)n + 1, sizeof *prob);
	int32_t *pred = xcalloc((size_t)n + 1, sizeof *pred);
	int32_t *gold = numbers(p, n_gold, set_gold);

	for (int k = 0; k < n; k++)
		prob[k] = (float)set_p(p, k);
	set_put(p, &(struct set_said){ .gold = gold, .n_gold = n_gold, .pred = pred,
				       .n_pred = set_above(prob, n, threshold, pred),
				       .threshold = threshold, .prob = prob, .n = n });
	xfree(prob);
	xfree(pred);
	xfree(gold);
}

static double fit(struct gather *g, struct prediction *kept, int n)
{
	struct sums *u = g->own;
	double threshold = threshold_fit_best(u->fit);

	threshold_fit_tally(u->fit, threshold, &u->tally);
	for (int i = 0; i < n; i++)
		say_again(&kept[i], threshold);
	return threshold;
}

static void end(struct gather *g)
{
	struct sums *u = g->own;

	threshold_fit_free(u->fit);
	xfree(u->tally.label);
	xfree(u);
}

static double right(const struct prediction *p)
{
	return set_gold_count(p) < 0 ? (double)NAN : set_gold_count(p);
}

/* Of micro-F1 what sums are made of; of labels apart a row's numbers say too little. */
static double said(const struct prediction *p, enum metric_id m)
{
	if (m == METRIC_EXACT_MATCH)
		return set_is_right(p);
	return m == METRIC_MICRO_F1 ? set_code(at_least_0(set_pred_count(p)), set_both(p)) :
				      (double)NAN;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Their names, in an order that is no plan's. */
static void right_words(const struct plan_task *t, const struct prediction *p,
			struct buf *out)
{
	int n = 0;
	const char **name = xcalloc((size_t)at_least_0(set_gold_count(p)) + 1, sizeof *name);

	for (int i = 0; i < set_gold_count(p); i++)
		if (set_gold(p, i) < t->n_labels)
			name[n++] = t->labels[set_gold(p, i)];
	qsort(name, (size_t)n, sizeof *name, by_bytes);
	for (int i = 0; i < n; i++)
		buf_add(out, name[i], strlen(name[i]) + 1);
	xfree(name);
}

static const char *signature(const struct plan_task *t)
{
	return t->threshold < 0 ? "the threshold was fitted to dev rows, in training: of dev "
				  "rows these figures are of the rows it was fitted to" : NULL;
}

/* --- words --- */

static void put_probabilities(const struct session_task *t, const char *name,
			      const double *p, struct json_out *j)
{
	json_open(j, name, '{');
	for (int k = 0; k < t->n_labels; k++)
		json_put_num(j, t->labels[k], p[k]);
	json_close(j, '}');
}

static void put_answer(const struct ask_text *a, struct json_out *j)
{
	const struct session_task *t = &a->s->task[a->task];
	double *p;

	model_predict(a->s->model, &a->w->tape, a->b, &p);
	json_open(j, "labels", '[');
	for (int k = 0; k < t->n_labels; k++)
		if ((double)(float)p[k] >= t->threshold)
			json_put_str(j, NULL, t->labels[k]);
	json_close(j, ']');
	json_put_num(j, "threshold", t->threshold);
	put_probabilities(t, "p", p, j);
}

static int outputs(const struct session *s, int task)
{
	return s->task[task].n_labels;
}

static void put_explained(const struct session *s, int task, const double *p, int pred,
			  struct json_out *j)
{
	const struct session_task *t = &s->task[task];

	json_put_str(j, "pred", t->labels[pred]);
	json_put_num(j, "p", p[pred]);
	put_probabilities(t, "probs", p, j);
}

const struct ask_kind ask_kind_multilabel = {
	.has_labels = true,
	.answer = answer_sets,
	.gather_begin = begin,
	.gather_add = add,
	.gather_metric = metric,
	.gather_fit = fit,
	.gather_end = end,
	.right_value = right,
	.said_value = said,
	.right_words = right_words,
	.baseline = multilabel_baseline,
	.signature = signature,
	.member = { "prediction", "labels", "label" },
	.take = multilabel_take,
	.has_p = multilabel_has_p,
	.take_none = multilabel_take_none,
	.put_answer = put_answer,
	.outputs = outputs,
	.put_explained = put_explained,
};
