/*
 * runs_order.c - which runs are shown, in which order, and which are compared.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "view_runs.h"

const struct run_card *runs_card(const struct runs_view *v, const char *name)
{
	for (int i = 0; i < v->table.n; i++)
		if (str_eq(v->table.card[i].info.name, name))
			return &v->table.card[i];
	return NULL;
}

const struct run_card *runs_chosen(const struct runs_view *v)
{
	return runs_card(v, v->chosen);
}

int runs_place(const struct runs_view *v)
{
	for (int i = 0; i < v->n; i++)
		if (str_eq(v->table.card[v->order[i]].info.name, v->chosen))
			return i;
	return 0;
}

int runs_mark(const struct runs_view *v, const char *name)
{
	for (int i = 0; i < RUN_MARKS; i++)
		if (str_eq(v->mark[i], name))
			return i;
	return str_eq(v->chosen, name) ? RUN_MARKS : -1;
}

/* --- order --- */

const char *runs_sort_name(enum run_sort s)
{
	static const char *const name[RUN_SORTS] = {"newest first", "by name", "by step",
						    "by task", "by mean",
						    "by difference"};

	return name[s];
}

/* Larger, as what is better is, comes first; names go by themselves. */
static double sort_key(const struct runs_view *v, const struct run_card *c)
{
	const struct run_card *base = runs_card(v, v->base);
	const struct run_task *t;

	switch (v->sort) {
	case BY_CREATED: return (double)c->info.created_ms;
	case BY_STEP: return (double)c->info.step;
	case BY_TASK:
		t = run_card_task(c, v->task);
		return t ? metric_turned(t->metric, run_task_value(c, t, v->pick, v->step)) :
			   NAN;
	case BY_MEAN: return run_card_mean(c, v->pick, v->step);
	case BY_DIFFERENCE:
		return base ? run_card_difference(c, base, v->pick, v->step, NULL) : NAN;
	default: return 0;
	}
}

struct sorted {
	double key; /* NaN last */
	int card;
};

static int by_key(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	bool has_x = isfinite(x->key), has_y = isfinite(y->key);

	if (has_x != has_y)
		return has_x ? -1 : 1;
	if (has_x && (x->key < y->key || x->key > y->key))
		return x->key > y->key ? -1 : 1;
	return x->card - y->card; /* cards stand by name */
}

static bool passes(const struct runs_view *v, const struct run_card *c)
{
	return !v->filter[0] || strcasestr(c->info.name, v->filter) ||
	       strcasestr(c->note, v->filter) || strcasestr(c->info.tasks, v->filter);
}

static void make_order(struct runs_view *v)
{
	struct sorted *s = xcalloc((size_t)v->table.n + 1, sizeof *s);
	int n = 0;

	for (int i = 0; i < v->table.n; i++)
		if (passes(v, &v->table.card[i]))
			s[n++] = (struct sorted){sort_key(v, &v->table.card[i]), i};
	if (n)
		qsort(s, (size_t)n, sizeof *s, by_key);
	v->order = xreallocarray(v->order, (size_t)n + 1, sizeof *v->order);
	for (int i = 0; i < n; i++)
		v->order[i] = s[i].card;
	v->n = n;
	xfree(s);
	if (n && !runs_chosen(v))
		str_copy(v->chosen, sizeof v->chosen,
			 v->table.card[v->order[0]].info.name);
}

/* The newest step that every compared run was evaluated at, or before. */
static int64_t equal_step(const struct runs_view *v)
{
	int64_t least = -1;

	for (int i = 0; i < v->table.n; i++) {
		const struct run_card *c = &v->table.card[i];
		bool counts = runs_mark(v, c->info.name) >= 0 ||
			      str_eq(v->base, c->info.name);

		if (counts && c->newest_step >= 0 &&
		    (least < 0 || c->newest_step < least))
			least = c->newest_step;
	}
	return least;
}

void runs_settle(struct runs_view *v)
{
	if (v->pick == PICK_STEP)
		v->step = equal_step(v);
	make_order(v);
	v->is_stale = false;
}
