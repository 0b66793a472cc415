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

const struct run_group *runs_system(const struct runs_view *v, const struct run_card *c)
{
	return v->by_system && c ? &v->systems.group[v->system_of[c - v->table.card]] : NULL;
}

const struct run_card *runs_row(const struct runs_view *v, int i)
{
	const struct run_group *g;
	struct system_value value;

	if (!v->by_system)
		return &v->table.card[v->order[i]];
	g = &v->systems.group[v->order[i]];
	system_value_read(&v->table, g, v->task, v->pick, v->step, &value);
	return &v->table.card[value.best >= 0 ? value.best : g->member[0]];
}

bool runs_same(const struct runs_view *v, const char *a, const char *b)
{
	const struct run_group *g;

	if (str_eq(a, b))
		return true;
	g = runs_system(v, runs_card(v, a));
	return g && g == runs_system(v, runs_card(v, b));
}

int runs_place(const struct runs_view *v)
{
	const struct run_card *c = runs_chosen(v);
	int at = !c ? -1 : v->by_system ? v->system_of[c - v->table.card] :
		 (int)(c - v->table.card);

	for (int i = 0; i < v->n; i++)
		if (v->order[i] == at)
			return i;
	return 0;
}

int runs_mark(const struct runs_view *v, const char *name)
{
	for (int i = 0; i < RUN_MARKS; i++)
		if (v->mark[i][0] && runs_same(v, v->mark[i], name))
			return i;
	return runs_same(v, v->chosen, name) ? RUN_MARKS : -1;
}

static int system_at(const struct runs_view *v, const char *name)
{
	const struct run_card *c = v->by_system ? runs_card(v, name) : NULL;

	return c ? v->system_of[c - v->table.card] : -1;
}

void runs_marks_settle(struct runs_view *v)
{
	v->mark_of = xreallocarray(v->mark_of, (size_t)v->table.n + 1, sizeof *v->mark_of);
	for (int i = 0; i < v->table.n; i++)
		v->mark_of[i] = -1;
	for (int k = RUN_MARKS; k >= 0; k--) {
		const char *name = k < RUN_MARKS ? v->mark[k] : v->chosen;
		int system = system_at(v, name);

		for (int i = 0; name[0] && i < v->table.n; i++)
			if (system >= 0 ? v->system_of[i] == system :
			    str_eq(v->table.card[i].info.name, name))
				v->mark_of[i] = k;
	}
}

int runs_mark_of(const struct runs_view *v, const struct run_card *card)
{
	return v->mark_of[card - v->table.card];
}

bool runs_is_base(const struct runs_view *v, const struct run_card *card)
{
	return v->base[0] && runs_same(v, v->base, card->info.name);
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
static double run_key(const struct runs_view *v, const struct run_card *c)
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

/* As of a run; a system is as new and as far as the newest and the farthest of it. */
static double system_key(const struct runs_view *v, const struct run_group *g)
{
	const struct run_group *base = runs_system(v, runs_card(v, v->base));
	struct system_value x;
	double most = -INFINITY;

	switch (v->sort) {
	case BY_CREATED:
	case BY_STEP:
		for (int i = 0; i < g->n; i++)
			most = fmax(most, run_key(v, &v->table.card[g->member[i]]));
		return most;
	case BY_TASK:
		system_value_read(&v->table, g, v->task, v->pick, v->step, &x);
		return x.is_there ? metric_turned(x.metric, x.m.mean) : NAN;
	case BY_MEAN: return system_mean(&v->table, g, v->pick, v->step);
	case BY_DIFFERENCE:
		return base ? system_difference(&v->table, g, base, v->pick, v->step, NULL) :
			      NAN;
	default: return 0;
	}
}

struct sorted {
	double key; /* NaN last */
	int row;    /* a card or a system: both stand by name */
};

static int by_key(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	bool has_x = isfinite(x->key), has_y = isfinite(y->key);

	if (has_x != has_y)
		return has_x ? -1 : 1;
	if (has_x && (x->key < y->key || x->key > y->key))
		return x->key > y->key ? -1 : 1;
	return x->row - y->row;
}

static bool passes(const struct runs_view *v, const struct run_card *c)
{
	return !v->filter[0] || strcasestr(c->info.name, v->filter) ||
	       strcasestr(c->note, v->filter) || strcasestr(c->info.tasks, v->filter);
}

static bool system_passes(const struct runs_view *v, const struct run_group *g)
{
	for (int i = 0; i < g->n; i++)
		if (passes(v, &v->table.card[g->member[i]]))
			return true;
	return false;
}

void runs_systems_make(struct runs_view *v)
{
	run_groups_release(&v->systems);
	run_groups_of(&v->table, &v->systems);
	v->system_of = xreallocarray(v->system_of, (size_t)v->table.n + 1,
				     sizeof *v->system_of);
	for (int i = 0; i < v->systems.n; i++)
		for (int k = 0; k < v->systems.group[i].n; k++)
			v->system_of[v->systems.group[i].member[k]] = i;
}

static void make_order(struct runs_view *v)
{
	struct sorted *s = xcalloc((size_t)v->table.n + 1, sizeof *s);
	int n = 0;

	for (int i = 0; !v->by_system && i < v->table.n; i++)
		if (passes(v, &v->table.card[i]))
			s[n++] = (struct sorted){run_key(v, &v->table.card[i]), i};
	for (int i = 0; v->by_system && i < v->systems.n; i++)
		if (system_passes(v, &v->systems.group[i]))
			s[n++] = (struct sorted){system_key(v, &v->systems.group[i]), i};
	if (n)
		qsort(s, (size_t)n, sizeof *s, by_key);
	v->order = xreallocarray(v->order, (size_t)n + 1, sizeof *v->order);
	for (int i = 0; i < n; i++)
		v->order[i] = s[i].row;
	v->n = n;
	xfree(s);
	if (n && !runs_chosen(v))
		str_copy(v->chosen, sizeof v->chosen, runs_row(v, 0)->info.name);
}

/* The newest step that every compared run was evaluated at, or before. */
static int64_t equal_step(const struct runs_view *v)
{
	int64_t least = -1;

	for (int i = 0; i < v->table.n; i++) {
		const struct run_card *c = &v->table.card[i];
		bool counts = runs_mark_of(v, c) >= 0 || runs_is_base(v, c);

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
