/*
 * multilabel_take.c - a set of labels that another system said: their names or numbers,
 * or probabilities, which the task's threshold makes a set of.
 */
#include "ask/multilabel_own.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "ask/ask_multilabel.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/items.h"
#include "data/json_text.h"

static int find_label(const struct session_task *t, const char *name)
{
	for (int k = 0; k < t->n_labels; k++)
		if (str_eq(t->labels[k], name))
			return k;
	return -1;
}

/* A label's name; else, of a number, that of a label. */
static enum status read_label(const struct session_task *t, const struct json *value,
			      int *out, struct err *err)
{
	struct buf text;
	const char *p;
	int64_t number;
	size_t n;
	char *name;

	if (json_type(value) == JSON_ARRAY || json_type(value) == JSON_OBJECT)
		return err_set(err, ST_INVALID, "a label is %s: its name or number is wanted",
			       json_type_name(json_type(value)));
	buf_init(&text);
	json_text(&text, value);
	p = buf_str(&text);
	n = text.len;
	text_trim(&p, &n);
	name = xstrndup(p, n);
	*out = find_label(t, name);
	if (*out < 0 && json_type(value) == JSON_NUMBER && json_int(value, &number) &&
	    number >= 0 && number < t->n_labels)
		*out = (int)number;
	if (*out < 0)
		err_set(err, ST_INVALID, "unknown label '%.60s' (there are %d, with numbers "
			"0 to %d)", name, t->n_labels, t->n_labels - 1);
	buf_release(&text);
	xfree(name);
	return *out < 0 ? ST_INVALID : ST_OK;
}

/* A list, or one label alone; has [n_labels]. */
static enum status read_set(const struct session_task *t, const struct json *value,
			    bool *has, struct err *err)
{
	enum status st = ST_OK;
	int label;

	if (json_type(value) != JSON_ARRAY) {
		st = read_label(t, value, &label, err);
		if (!st)
			has[label] = true;
		return st;
	}
	for (const struct json *n = json_first(value); n && !st; n = json_next(n)) {
		st = read_label(t, n, &label, err);
		if (!st)
			has[label] = true;
	}
	return st;
}

/* "p" by label: an object with a member for each, or a list in their order. */
static enum status read_probabilities(const struct session_task *t, const struct json *all,
				      float *p, struct err *err)
{
	bool is_list = json_type(all) == JSON_ARRAY;
	int at = 0;

	if (!is_list && json_type(all) != JSON_OBJECT)
		return err_set(err, ST_INVALID, "'p' is %s: a probability for each label is "
			       "wanted, {LABEL: P, ...} or a list in their order",
			       json_type_name(json_type(all)));
	if (json_len(all) != t->n_labels)
		return err_set(err, ST_INVALID, "'p' has %d probabilities for %d labels",
			       json_len(all), t->n_labels);
	for (const struct json *n = json_first(all); n; n = json_next(n), at++) {
		int k = is_list ? at : find_label(t, json_key(n));

		if (k < 0)
			return err_set(err, ST_INVALID, "'p' has an unknown label '%.60s'",
				       json_key(n));
		if (json_type(n) != JSON_NUMBER || !(json_number(n) >= 0) ||
		    !(json_number(n) <= 1))
			return err_set(err, ST_INVALID, "'p' of '%.60s' is no number from 0 "
				       "to 1", t->labels[k]);
		p[k] = (float)json_number(n);
	}
	return ST_OK;
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
	float *p = NULL;
	enum status st = ST_OK;

	if (all && json_type(all) != JSON_NULL) {
		p = xcalloc((size_t)t->n_labels, sizeof *p);
		st = read_probabilities(t, all, p, err);
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
