/*
 * ask_regress.c - asking for a number, scored by correlations over all rows. The
 * baseline is the mean of the train numbers. Losses are the model's: of numbers in units
 * of their standard deviation there, or of the texts that are said for them.
 */
#include "ask/ask_regress.h"

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

/* --- outcomes --- */

static void answer_numbers(const struct ask_batch *a)
{
	double *p, *loss;

	model_predict_losses(a->s->model, &a->w->tape, &a->b, &p, &loss);
	for (int i = 0; i < a->n; i++) {
		struct outcome *o = a->out[i];

		number_set(&o->p, a->b.number[i], p[i]);
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
