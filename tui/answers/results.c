/*
 * results.c - reading, counting and ordering predictions.
 */
#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask/ask_classify.h"
#include "base/mem.h"
#include "base/str.h"
#include "kind_view.h"

void results_init(struct results *r)
{
	memset(r, 0, sizeof *r);
	r->task = -1;
	r->step = -1;
	r->gold = r->pred = -1;
	r->row = -1;
	r->before_step = -1;
	r->only_errors = true;
}

static void forget_past(struct results *r)
{
	prediction_set_release(&r->past);
	memset(&r->past, 0, sizeof r->past);
	xfree(r->past_step);
	r->past_step = NULL;
	r->row = -1;
}

static void forget(struct results *r)
{
	forget_past(r);
	prediction_set_release(&r->set);
	memset(&r->set, 0, sizeof r->set);
	for (int i = 0; i < r->n_names; i++) {
		xfree(r->name[i]);
		if (r->said)
			xfree(r->said[i]);
	}
	xfree(r->name);
	xfree(r->said);
	r->name = r->said = NULL;
	r->n_names = 0;
	xfree(r->label);
	xfree(r->matrix);
	xfree(r->tally);
	xfree(r->silent);
	xfree(r->class_order);
	xfree(r->order);
	xfree(r->change);
	r->label = NULL;
	r->tally = NULL;
	r->n_missed = r->n_extra = r->n_both = r->n_across = 0;
	r->change = NULL;
	r->matrix = r->silent = r->class_order = r->order = NULL;
	r->n_order = r->n_classes = r->n_errors = r->n_fixed = r->n_broken = 0;
	r->before_step = -1;
	r->trouble[0] = '\0';
}

void results_release(struct results *r)
{
	forget(r);
}

double result_confidence(const struct prediction *p)
{
	if (label_pred(p) >= 0 && label_pred(p) < label_count(p))
		return label_p(p, label_pred(p));
	return NAN;
}

bool result_is_error(const struct results *r, const struct prediction *p)
{
	bool (*is_error)(const struct prediction *p) = view_kind(r->kind)->is_error;

	return !is_error || is_error(p);
}

const char *result_label(const struct results *r, int class, char out[24])
{
	if (class >= 0 && class < r->n_classes && r->label[class])
		return r->label[class];
	if (class < 0)
		str_copy(out, 24, "(none)");
	else
		snprintf(out, 24, "class %d", class);
	return out;
}

const char *sort_name(enum result_sort s)
{
	static const char *const name[SORTS] = {"loss", "confidence", "margin", "row"};

	return name[s];
}

const char *results_why_empty(const struct results *r)
{
	return r->gold >= 0 || r->pred >= 0 ? "no such rows   c all of them again" :
	       r->only_changed ? "no row has changed   d all of them again" :
	       r->only_errors && r->set.n ? "no errors   a all rows" : "no rows";
}

void results_load(struct results *r, const struct feed *f, const struct snapshot *s,
		  int task)
{
	struct err err = {""};
	enum status st = ST_NOT_FOUND;

	if (task < 0 || task >= s->n_channels)
		return;
	if (r->task == task && r->step == s->eval_step)
		return;
	if (r->task != task)
		r->gold = r->pred = -1;
	forget(r);
	r->task = task;
	r->step = s->eval_step;
	r->kind = s->ch[task].kind;
	if (f->predictions)
		st = f->predictions(f->arg, s->run_path, task, &r->set, &err);
	if (st == ST_NOT_FOUND || (!st && !r->set.n))
		snprintf(r->trouble, sizeof r->trouble, f->post ?
			 "no evaluation yet: e on the desk evaluates now" :
			 "no evaluation up to here whose predictions are kept");
	else if (st)
		snprintf(r->trouble, sizeof r->trouble, "%.150s", err.text);
	r->has_p = r->has_loss = false;
	for (int i = 0; i < r->set.n; i++) {
		r->has_p |= view_kind(r->kind)->has_p &&
			    view_kind(r->kind)->has_p(&r->set.p[i]);
		r->has_loss |= isfinite(r->set.p[i].loss);
	}
	if (view_kind(r->kind)->load)
		view_kind(r->kind)->load(r, f, s);
	results_arrange(r);
}

static double sort_value(const struct results *r, int i)
{
	const struct prediction *p = &r->set.p[i];

	switch (r->sort) {
	case SORT_CONFIDENCE:
		return view_kind(r->kind)->confidence(p);
	case SORT_MARGIN:
		return view_kind(r->kind)->margin ? -view_kind(r->kind)->margin(p) : NAN;
	case SORT_ROW:
		return -(double)p->row;
	default:
		return p->loss;
	}
}

bool results_can_sort(const struct results *r, enum result_sort s)
{
	switch (s) {
	case SORT_LOSS: return r->has_loss;
	case SORT_CONFIDENCE: return r->has_p || !r->n_classes;
	case SORT_MARGIN: return r->has_p && r->n_classes;
	default: return true;
	}
}

struct sort_item {
	double value;
	int i;
};

static int by_value(const void *a, const void *b)
{
	const struct sort_item *x = a, *y = b;

	if (x->value != y->value && (isnan(x->value) || isnan(y->value)))
		return isnan(x->value) - isnan(y->value);
	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return x->i - y->i;
}

static bool is_wanted(const struct results *r, int i)
{
	const struct prediction *p = &r->set.p[i];

	if (!view_kind(r->kind)->is_error)
		return true;
	if (r->only_changed && r->change && r->change[i] == CHANGE_NONE)
		return false;
	if (r->gold >= 0 || r->pred >= 0)
		return view_kind(r->kind)->is_of(p, r->gold, r->pred);
	return !r->only_errors || (r->only_changed && r->change) || result_is_error(r, p);
}

void results_arrange(struct results *r)
{
	struct sort_item *item = xcalloc((size_t)r->set.n + 1, sizeof *item);

	xfree(r->order);
	r->order = xcalloc((size_t)r->set.n + 1, sizeof *r->order);
	r->n_order = r->n_errors = 0;
	for (int i = 0; i < r->set.n; i++) {
		r->n_errors += result_is_error(r, &r->set.p[i]);
		if (is_wanted(r, i))
			item[r->n_order++] = (struct sort_item){sort_value(r, i), i};
	}
	qsort(item, (size_t)r->n_order, sizeof *item, by_value);
	for (int i = 0; i < r->n_order; i++)
		r->order[i] = item[i].i;
	xfree(item);
}

void results_history(struct results *r, const struct feed *f, const char *run_path,
		     int i)
{
	int64_t row = i >= 0 && i < r->set.n ? r->set.p[i].row : -1;

	if (row == r->row)
		return;
	forget_past(r);
	r->row = row;
	if (row >= 0 && f->history &&
	    f->history(f->arg, run_path, r->task, row, &r->past, &r->past_step, NULL)) {
		forget_past(r);
		r->row = row;
	}
}

struct class_score results_class(const struct results *r, int class)
{
	struct class_score s = {NAN, NAN, NAN, 0};
	int n = r->n_classes, said = 0, right = r->matrix[class * n + class];

	s.n = r->silent[class];
	for (int k = 0; k < n; k++) {
		s.n += r->matrix[class * n + k];
		said += r->matrix[k * n + class];
	}
	if (said)
		s.precision = (double)right / said;
	if (s.n)
		s.recall = (double)right / s.n;
	if (said + s.n)
		s.f1 = 2.0 * right / (said + s.n);
	return s;
}
