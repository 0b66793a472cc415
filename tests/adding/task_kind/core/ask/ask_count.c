/*
 * ask_count.c - asking for a count, scored by correlations over all rows. The baseline
 * is the mean of the train numbers. Losses are the model's.
 */
#include <math.h>

#include "ask/ask_number.h"
#include "ask/ask_regress.h"
#include "session/workers.h"

static void answer_counts(const struct ask_batch *a)
{
	double *p, *loss;

	model_predict_losses(a->s->model, &a->w->tape, &a->b, &p, &loss);
	for (int i = 0; i < a->n; i++) {
		number_set(&a->out[i]->p, a->b.number[i], p[i]);
		a->out[i]->p.loss = loss[i];
		a->out[i]->weight = 1;
	}
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

const struct ask_kind ask_kind_count = {
	.answer = answer_counts,
	.baseline = baseline,
	ASK_NUMBERS,
};
