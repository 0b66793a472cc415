/*
 * results.c - reading, counting and ordering predictions.
 */
#include "results.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kept.h"

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
	for (int i = 0; i < r->n_names; i++)
		xfree(r->name[i]);
	xfree(r->name);
	r->name = NULL;
	r->n_names = 0;
	xfree(r->label);
	xfree(r->matrix);
	xfree(r->class_order);
	xfree(r->order);
	xfree(r->change);
	r->label = NULL;
	r->change = NULL;
	r->matrix = r->class_order = r->order = NULL;
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
	if (p->pred >= 0 && p->pred < p->n_p)
		return (double)p->p[p->pred];
	return NAN;
}

bool result_is_error(const struct results *r, const struct prediction *p)
{
	if (r->kind == TASK_REGRESS)
		return true; /* a distance, not a hit: all of them are listed */
	return p->gold != p->pred;
}

const char *result_label(const struct results *r, int class, char out[24])
{
	if (class >= 0 && class < r->n_classes && r->label[class])
		return r->label[class];
	snprintf(out, 24, "class %d", class);
	return out;
}

const char *sort_name(enum result_sort s)
{
	static const char *const name[SORTS] = {"loss", "confidence", "margin", "row",
						"ROUGE-1"};

	return name[s];
}

static int count_classes(const struct results *r)
{
	int n = 0;

	for (int i = 0; i < r->set.n; i++) {
		const struct prediction *p = &r->set.p[i];

		n = p->gold + 1 > n ? p->gold + 1 : n;
		n = p->pred + 1 > n ? p->pred + 1 : n;
		n = p->n_p > n ? p->n_p : n;
	}
	return n < RESULT_CLASSES ? n : RESULT_CLASSES;
}

/* Classes by their number of confusions, so that a long matrix starts well. */
static void order_classes(struct results *r)
{
	int n = r->n_classes, *wrong = xcalloc((size_t)n, sizeof *wrong);

	for (int i = 0; i < n; i++) {
		r->class_order[i] = i;
		for (int k = 0; k < n; k++)
			if (k != i)
				wrong[i] += r->matrix[i * n + k] + r->matrix[k * n + i];
	}
	for (int i = 1; n > 12 && i < n; i++)
		for (int k = i; k > 0 && wrong[r->class_order[k]] >
		     wrong[r->class_order[k - 1]]; k--) {
			int swap = r->class_order[k];

			r->class_order[k] = r->class_order[k - 1];
			r->class_order[k - 1] = swap;
		}
	xfree(wrong);
}

static void count(struct results *r)
{
	size_t n;

	r->n_classes = count_classes(r);
	n = (size_t)r->n_classes;
	r->label = xcalloc(n + 1, sizeof *r->label);
	r->matrix = xcalloc(n * n + 1, sizeof *r->matrix);
	r->class_order = xcalloc(n + 1, sizeof *r->class_order);
	for (int i = 0; i < r->set.n; i++) {
		const struct prediction *p = &r->set.p[i];

		if (p->gold < 0 || p->gold >= r->n_classes || p->pred < 0 ||
		    p->pred >= r->n_classes)
			continue;
		r->matrix[p->gold * r->n_classes + p->pred]++;
		if (!r->label[p->gold] && r->set.row)
			r->label[p->gold] = r->set.row[i].target;
	}
	for (int i = 0; i < r->n_classes && i < r->n_names; i++)
		r->label[i] = r->name[i];
	order_classes(r);
}

static void compare(struct results *r, const struct feed *f, const char *run_path)
{
	struct prediction_set before = {0};

	if (!f->predictions_before ||
	    f->predictions_before(f->arg, run_path, r->task, r->set.step, &before, NULL))
		return;
	r->before_step = before.step;
	r->change = results_changes(&r->set, &before, &r->n_fixed, &r->n_broken);
	prediction_set_release(&before);
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
	if (r->kind == TASK_CLASSIFY) {
		r->name = kept_labels(s->run_path, s->ch[task].name, &r->n_names);
		count(r);
		results_calibrate(&r->set, &r->calibration);
		compare(r, f, s->run_path);
	}
	results_arrange(r);
}

static double sort_value(const struct results *r, int i)
{
	const struct prediction *p = &r->set.p[i];

	switch (r->sort) {
	case SORT_CONFIDENCE:
		return r->kind == TASK_REGRESS ? fabs(p->guess - p->number) :
						 result_confidence(p);
	case SORT_MARGIN:
		return -result_margin(p);
	case SORT_ROUGE:
		return -p->rouge[0];
	case SORT_ROW:
		return -(double)p->row;
	default:
		return p->loss;
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

	if (r->kind != TASK_CLASSIFY)
		return true;
	if (r->only_changed && r->change && r->change[i] == CHANGE_NONE)
		return false;
	if (r->gold >= 0 || r->pred >= 0)
		return p->gold == r->gold && p->pred == r->pred;
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
