/*
 * ask_count.c - asking for a count, scored by correlations over all rows. The baseline
 * is the mean of the train numbers. Losses are of logarithms.
 */
#include <math.h>

#include "ask/ask_kind.h"
#include "ask/ask_regress.h"
#include "ask/evaluate_internal.h"
#include "base/json.h"
#include "base/mem.h"
#include "session/workers.h"

static void answer_counts(const struct ask_batch *a)
{
	double *p;

	model_predict(a->s->model, &a->w->tape, &a->b, &p);
	for (int i = 0; i < a->n; i++) {
		double d = log1p(p[i]) - log1p(a->b.number[i]);

		number_set(&a->out[i]->p, a->b.number[i], p[i]);
		a->out[i]->p.loss = d * d;
		a->out[i]->weight = 1;
	}
}

struct counts {
	double *gold, *guess; /* [n] */
};

static void begin(struct gather *g)
{
	struct counts *x = xcalloc(1, sizeof *x);

	x->gold = xcalloc(g->n, sizeof *x->gold);
	x->guess = xcalloc(g->n, sizeof *x->guess);
	g->own = x;
}

static void add(struct gather *g, const struct outcome *o)
{
	struct counts *x = g->own;

	x->gold[g->k] = number_gold(&o->p);
	x->guess[g->k] = number_guess(&o->p);
}

static double metric(const struct gather *g, enum metric_id m)
{
	const struct counts *x = g->own;

	return metric_numbers(m, x->gold, x->guess, g->n);
}

static void end(struct gather *g)
{
	struct counts *x = g->own;

	xfree(x->gold);
	xfree(x->guess);
	xfree(x);
}

/* The same count for every row is no order at all. */
static void baseline(const struct session *s, int task, const struct dataset *dev,
		     struct eval_row *out)
{
	(void)s;
	(void)task;
	(void)dev;
	for (int k = 0; k < out->n_metrics; k++)
		out->metric[k].value = NAN;
}

static void put_answer(const struct ask_text *a, struct json_out *j)
{
	double *p;

	model_predict(a->s->model, &a->w->tape, a->b, &p);
	json_put_num(j, "value", p[0]);
}

static int outputs(const struct session *s, int task)
{
	(void)s;
	(void)task;
	return 1;
}

static void put_explained(const struct session *s, int task, const double *p, int pred,
			  struct json_out *j)
{
	(void)s;
	(void)task;
	json_put_num(j, "pred", p[pred]);
}

const struct ask_kind ask_kind_count = {
	.answer = answer_counts,
	.gather_begin = begin,
	.gather_add = add,
	.gather_metric = metric,
	.gather_end = end,
	.baseline = baseline,
	.put_answer = put_answer,
	.outputs = outputs,
	.put_explained = put_explained,
};
