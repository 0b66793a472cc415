/*
 * ask_number.c - gold and predicted numbers of all outcomes, and the words for one.
 */
#include "ask/ask_number.h"

#include <math.h>
#include <string.h>

#include "ask/ask_regress.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/json_text.h"
#include "session/workers.h"

#define NUMBER_MOST 1e150 /* as numbers in data: squares of them are doubles */

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

/* --- numbers that are said --- */

int numbers_likeliest(const double *share, int n, int *which)
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		int at = kept;

		while (at > 0 && share[which[at - 1]] < share[i])
			at--;
		if (at == NUMBERS_SAID)
			continue;
		kept += kept < NUMBERS_SAID;
		memmove(which + at + 1, which + at, (size_t)(kept - 1 - at) * sizeof *which);
		which[at] = i;
	}
	return kept;
}

/* --- what another system said --- */

/* As numbers in data are read. */
static bool read_number(const struct json *value, double *x)
{
	struct buf text;
	bool good;

	buf_init(&text);
	good = json_text(&text, value) && json_type(value) != JSON_ARRAY &&
	       source_number(buf_str(&text), text.len, '.', x) && fabs(*x) <= NUMBER_MOST;
	buf_release(&text);
	return good;
}

/*
 * The loss is that of a head for numbers, in units of their deviation (head_regress.c);
 * none where models say the number as a text.
 */
enum status numbers_take(const struct ask_said *a, struct outcome *o, struct err *err)
{
	const struct session_task *t = &a->s->task[a->task];
	double x, d;

	if (!a->value)
		return err_set(err, ST_NOT_FOUND, "no 'number'");
	if (!read_number(a->value, &x))
		return err_set(err, ST_INVALID, "the prediction is %s: a number is wanted, at "
			       "most %g", json_type(a->value) == JSON_NUMBER ? "too large" :
			       json_type(a->value) == JSON_STRING ? "no number" :
			       json_type_name(json_type(a->value)), NUMBER_MOST);
	number_set(&o->p, a->ex->number, x);
	d = (x - a->ex->number) / t->scale;
	o->weight = t->grid.n == 0;
	o->p.loss = o->weight > 0 ? d * d : NAN;
	return ST_OK;
}

/* --- words --- */

double numbers_said(const struct prediction *p, enum metric_id m)
{
	(void)m;
	return number_guess(p);
}

void numbers_put_answer(const struct ask_text *a, struct json_out *j)
{
	const struct number_grid *g = &a->s->task[a->task].grid;
	int n, likely[NUMBERS_SAID];
	double *p, *loss, *share;

	model_predict_points(a->s->model, &a->w->tape, a->b, &p, &loss, &share);
	json_put_num(j, "value", p[0]);
	if (!share || !a->detail)
		return;
	n = numbers_likeliest(share, g->n, likely);
	json_open(j, "said", '[');
	for (int k = 0; k < n; k++) {
		json_open(j, NULL, '[');
		json_put_num(j, NULL, number_grid_value(g, likely[k]));
		json_put_num(j, NULL, (double)(float)share[likely[k]]);
		json_close(j, ']');
	}
	json_close(j, ']');
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
	json_put_num(j, "pred", p[pred]);
	if (s->task[task].grid.n)
		json_put_bool(j, "is_said", true);
}
