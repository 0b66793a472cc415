/*
 * ask_regress.c - asking for a number, scored by correlations over all rows. The
 * baseline is the mean of the train numbers. Losses are the model's: of numbers in units
 * of their standard deviation there, or of the texts that are said for them.
 */
#include "ask/ask_regress.h"

#include <math.h>
#include <string.h>

#include "ask/ask_number.h"
#include "ask/evaluate_internal.h"
#include "base/mem.h"
#include "session/workers.h"

enum { GOLD, GUESS, VALUES };

double number_gold(const struct prediction *p)
{
	return prediction_value(p, GOLD);
}

double number_guess(const struct prediction *p)
{
	return prediction_value(p, GUESS);
}

void number_set(struct prediction *p, double gold, double guess)
{
	double *v = prediction_values(p, VALUES);

	v[GOLD] = gold;
	v[GUESS] = guess;
}

int number_said_count(const struct prediction *p)
{
	return p->n > VALUES ? (p->n - VALUES) / 2 : 0;
}

double number_said(const struct prediction *p, int k)
{
	return k < 0 ? NAN : prediction_value(p, VALUES + 2 * k);
}

double number_said_p(const struct prediction *p, int k)
{
	return k < 0 ? NAN : prediction_value(p, VALUES + 2 * k + 1);
}

void number_say(struct prediction *p, double number, double prob)
{
	int n = p->n;
	double *was = p->v, *v;

	p->v = NULL;
	v = prediction_values(p, n + 2);
	memcpy(v, was, (size_t)n * sizeof *v);
	xfree(was);
	v[n] = number;
	v[n + 1] = prob;
}

/* --- outcomes --- */

/* The likeliest, and behind them the point next to the number that is right. */
static void say_points(struct prediction *p, const struct number_grid *g,
		       const double *share, double gold)
{
	int likely[NUMBERS_SAID + 1], n = numbers_likeliest(share, g->n, likely);
	int right = isfinite(gold) ? number_grid_nearest(g, gold) : -1;

	for (int k = 0; k < n; k++)
		right = likely[k] == right ? -1 : right;
	if (right >= 0)
		likely[n++] = right;
	for (int k = 0; k < n; k++)
		number_say(p, number_grid_value(g, likely[k]),
			   (double)(float)share[likely[k]]);
}

static void answer_numbers(const struct ask_batch *a)
{
	const struct number_grid *g = &a->s->task[a->task].grid;
	double *p, *loss, *share;

	model_predict_points(a->s->model, &a->w->tape, &a->b, &p, &loss, &share);
	for (int i = 0; i < a->n; i++) {
		struct outcome *o = a->out[i];

		number_set(&o->p, a->b.number[i], p[i]);
		if (share && a->keep[i])
			say_points(&o->p, g, share + i * g->n, a->b.number[i]);
		o->p.loss = loss[i];
		o->weight = 1;
	}
}

/* --- the baseline --- */

static void mean(const struct session *s, int task, const struct dataset *dev,
		 struct eval_row *out)
{
	const struct plan_task *p = &s->plan->tasks[task];
	size_t n = (size_t)out->n_examples;
	double *gold = xcalloc(n, sizeof *gold), *pred = xcalloc(n, sizeof *pred);
	struct example e;

	for (size_t i = 0; i < n; i++) {
		dataset_get(dev, eval_spread(dataset_size(dev), n, i), &e);
		gold[i] = (double)e.number;
		pred[i] = s->task[task].mean;
	}
	for (int k = 0; k < p->n_metrics; k++)
		out->metric[k].value = metric_numbers(p->metrics[k], gold, pred, n);
	xfree(gold);
	xfree(pred);
}

const struct ask_kind ask_kind_regress = {
	.answer = answer_numbers,
	.baseline = mean,
	ASK_NUMBERS,
};
