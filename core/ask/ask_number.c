/*
 * ask_number.c - gold and predicted numbers of all outcomes, and the words for one.
 */
#include "ask/ask_number.h"

#include "ask/ask_regress.h"
#include "base/json.h"
#include "base/mem.h"
#include "session/workers.h"

struct numbers {
	double *gold, *guess; /* [n] */
};

void numbers_begin(struct gather *g)
{
	struct numbers *x = xcalloc(1, sizeof *x);

	x->gold = xcalloc(g->n, sizeof *x->gold);
	x->guess = xcalloc(g->n, sizeof *x->guess);
	g->own = x;
}

void numbers_add(struct gather *g, const struct outcome *o)
{
	struct numbers *x = g->own;

	x->gold[g->k] = number_gold(&o->p);
	x->guess[g->k] = number_guess(&o->p);
}

double numbers_metric(const struct gather *g, enum metric_id m)
{
	const struct numbers *x = g->own;

	return metric_numbers(m, x->gold, x->guess, g->n);
}

void numbers_end(struct gather *g)
{
	struct numbers *x = g->own;

	xfree(x->gold);
	xfree(x->guess);
	xfree(x);
}

/* --- words --- */

double numbers_said(const struct prediction *p, enum metric_id m)
{
	(void)m;
	return number_guess(p);
}

void numbers_put_answer(const struct ask_text *a, struct json_out *j)
{
	double *p;

	model_predict(a->s->model, &a->w->tape, a->b, &p);
	json_put_num(j, "value", p[0]);
}

int numbers_outputs(const struct session *s, int task)
{
	(void)s;
	(void)task;
	return 1;
}

void numbers_put_explained(const struct session *s, int task, const double *p, int pred,
			   struct json_out *j)
{
	(void)s;
	(void)task;
	json_put_num(j, "pred", p[pred]);
}
