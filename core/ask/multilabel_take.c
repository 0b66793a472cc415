/*
 * multilabel_take.c - a set of labels that another system said: their names or numbers,
 * or probabilities, which the task's threshold makes a set of.
 */
#include "ask/multilabel_own.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "ask/ask_multilabel.h"
#include "ask/said_labels.h"
#include "base/json.h"
#include "base/mem.h"

/* A list, or one label alone; has [n_labels]. */
static enum status read_set(const struct session_task *t, const struct json *value,
			    bool *has, struct err *err)
{
	enum status st = ST_OK;
	int label;

	if (json_type(value) != JSON_ARRAY) {
		st = said_label(t, value, &label, err);
		if (!st)
			has[label] = true;
		return st;
	}
	for (const struct json *n = json_first(value); n && !st; n = json_next(n)) {
		st = said_label(t, n, &label, err);
		if (!st)
			has[label] = true;
	}
	return st;
}

/* 0 counts as DBL_EPSILON, as in scikit-learn's log_loss. */
static double loss_of(const struct example *ex, const float *p, int n)
{
	double sum = 0;
	int at = 0;

	for (int k = 0; k < n; k++) {
		bool has = at < ex->n_set && ex->set[at] == k;
		double right = has ? (double)p[k] : 1 - (double)p[k];

		at += has;
		sum -= log(fmax(right, DBL_EPSILON));
	}
	return sum / n;
}

static void set_outcome(const struct ask_said *a, const bool *has, const float *p,
			struct outcome *o)
{
	const struct session_task *t = &a->s->task[a->task];
	int32_t *pred = xcalloc((size_t)t->n_labels + 1, sizeof *pred);
	struct set_said said = { .gold = a->ex->set, .n_gold = a->ex->n_set, .pred = pred,
				 .threshold = p ? t->threshold : (double)NAN, .prob = p,
				 .n = p ? t->n_labels : 0 };

	for (int k = 0; has && k < t->n_labels; k++)
		if (has[k])
			pred[said.n_pred++] = k;
	if (!has)
		said.n_pred = p ? set_above(p, t->n_labels, t->threshold, pred) : -1;
	set_put(&o->p, &said);
	o->weight = p && a->ex->n_set >= 0;
	o->p.loss = o->weight > 0 ? loss_of(a->ex, p, t->n_labels) : (double)NAN;
	xfree(pred);
}

enum status multilabel_take(const struct ask_said *a, struct outcome *o, struct err *err)
{
	const struct session_task *t = &a->s->task[a->task];
	const struct json *all = json_get(a->object, "p");
	bool *has = NULL;
	double *said = NULL;
	float *p = NULL;
	enum status st = ST_OK;

	if (all && json_type(all) != JSON_NULL) {
		said = xcalloc((size_t)t->n_labels, sizeof *said);
		p = xcalloc((size_t)t->n_labels, sizeof *p);
		st = said_probabilities(t, all, said, err);
		for (int k = 0; k < t->n_labels; k++)
			p[k] = (float)said[k];
	}
	if (!st && a->value) {
		has = xcalloc((size_t)t->n_labels, sizeof *has);
		st = read_set(t, a->value, has, err);
	} else if (!st && !p) {
		st = err_set(err, ST_NOT_FOUND, "no 'labels' and no 'p'");
	}
	if (!st)
		set_outcome(a, has, p, o);
	xfree(has);
	xfree(said);
	xfree(p);
	return st;
}

/* Another set than the threshold makes of them. */
bool multilabel_has_p(const struct prediction *p, bool *is_otherwise)
{
	for (int k = 0; k < set_p_count(p); k++)
		*is_otherwise |= (set_p(p, k) >= set_threshold(p)) != set_has_pred(p, k);
	return set_p_count(p) > 0;
}

void multilabel_take_none(const struct ask_said *a, struct outcome *o)
{
	set_outcome(a, NULL, NULL, o);
}
