/*
 * task_sums.c - a tree of sums for each task, their inner products, their combination.
 */
#include "session/task_sums.h"

#include <string.h>

#include "base/mem.h"
#include "session/freezing.h"
#include "session/session.h"
#include "session/workers.h"

/* --- buffers --- */

/*
 * Micro-batches come in order: after k of them each bit of k is a block that is summed,
 * for as many tasks as it can hold; then one more comes.
 */
int task_sums_buffers(int tasks, int jobs)
{
	int most = 0;

	for (int k = 0; k < jobs; k++) {
		int n = 1;

		for (int bit = 1; bit <= k; bit *= 2)
			if (k & bit)
				n += tasks < bit ? tasks : bit;
		most = n > most ? n : most;
	}
	return most;
}

size_t task_sums_bytes(const struct param_set *ps, int tasks, int jobs)
{
	return (size_t)task_sums_buffers(tasks, jobs) * grads_bytes(ps, PARAM_SHARED);
}

int task_sums_groups(const struct session *s)
{
	int most = -1;

	for (int p = 0; p < s->params.n; p++)
		if (s->params.p[p].owner == PARAM_SHARED && freezing_layer(s, p) > most)
			most = freezing_layer(s, p);
	return most + 2;
}

static void make_groups(struct session *s)
{
	struct task_sums *t = &s->task_sums;

	t->n_groups = task_sums_groups(s);
	t->group = xcalloc((size_t)s->params.n, sizeof *t->group);
	for (int p = 0; p < s->params.n; p++)
		if (s->params.p[p].owner == PARAM_SHARED)
			t->group[p] = freezing_layer(s, p) + 1;
}

static void make_room(struct session *s)
{
	struct task_sums *t = &s->task_sums;
	size_t n = (size_t)s->n_tasks, buffers, groups;

	make_groups(s);
	groups = (size_t)t->n_groups;

	t->n_buffers = task_sums_buffers(s->n_tasks, s->plan->micro_batches);
	buffers = (size_t)t->n_buffers;
	t->all = xcalloc(buffers, sizeof *t->all);
	t->free = xcalloc(buffers, sizeof *t->free);
	for (int i = 0; i < t->n_buffers; i++)
		t->all[i] = grads_new_owned(&s->params, PARAM_SHARED);
	t->part = xcalloc(GRADS_PARTS * groups * n * n, sizeof *t->part);
	t->gram = xcalloc(n * n, sizeof *t->gram);
	t->groups = xcalloc(groups * n * n, sizeof *t->groups);
	t->by = xcalloc(groups * n, sizeof *t->by);
	for (int i = 0; i < s->n_tasks; i++)
		sum_tree_begin(&t->tree[i], s->plan->micro_batches);
}

void task_sums_release(struct task_sums *t)
{
	for (int i = 0; i < t->n_buffers; i++)
		grads_free(t->all[i]);
	for (int i = 0; i < MIX_TASKS_MAX; i++)
		sum_tree_release(&t->tree[i]);
	xfree(t->all);
	xfree(t->free);
	xfree(t->group);
	xfree(t->part);
	xfree(t->gram);
	xfree(t->groups);
	xfree(t->by);
	*t = (struct task_sums){ 0 };
}

void task_sums_give_back(struct task_sums *t)
{
	for (int i = 0; i < t->n_buffers; i++)
		grads_give_back(t->all[i]);
}

/* --- sums --- */

bool task_sums_begin(struct session *s)
{
	struct task_sums *t = &s->task_sums;

	t->is_on = mix_combines(&s->mix);
	if (!t->is_on)
		return false;
	if (!t->all)
		make_room(s);
	t->n_free = t->n_buffers;
	memcpy(t->free, t->all, (size_t)t->n_buffers * sizeof(struct grads *));
	memset(t->count, 0, sizeof t->count);
	memset(t->sum, 0, sizeof t->sum);
	for (int i = 0; i < s->n_tasks; i++)
		sum_tree_begin(&t->tree[i], s->plan->micro_batches);
	return true;
}

/* Leaf k of one task's tree is there, or empty: adds what it completes. */
static void enter(struct task_sums *t, int task, int k, struct grads *g)
{
	struct sum_tree *tree = &t->tree[task];
	struct sum_pair pair;

	sum_tree_put(tree, k, g, 1);
	for (int at = k; sum_tree_take(tree, at, &pair); at = pair.left) {
		struct grads *rest;

		if (pair.into && pair.from) {
			grads_add_marks(pair.into, pair.from);
			grads_add(pair.into, 1, pair.from, 1, 0, 1);
		}
		rest = sum_tree_join(tree, &pair);
		if (rest)
			t->free[t->n_free++] = rest;
	}
}

/*
 * The gradient is copied: its buffer goes on into the step's tree. To the trees of the
 * other tasks this number is an empty leaf, so that a partner rises.
 */
void task_sums_take(struct session *s, int job, const struct grads *g, int param,
		    double by)
{
	struct task_sums *t = &s->task_sums;
	const struct step_job *j = &s->job[job];

	if (!t->is_on)
		return;
	if (j->factor > 0 && !t->open) {
		BUG_IF(!t->n_free);
		t->open = t->free[--t->n_free];
		grads_clear(t->open);
		t->count[j->task]++;
	}
	if (t->open && param < 0)
		grads_add_owned(t->open, g, (float)by, PARAM_SHARED);
	else if (t->open && s->params.p[param].owner == PARAM_SHARED)
		grads_add_param(t->open, g, (float)by, param);
	if (param >= 0)
		return;
	for (int i = 0; i < s->n_tasks; i++)
		enter(t, i, job, i == j->task ? t->open : NULL);
	t->open = NULL;
	if (job + 1 < s->plan->micro_batches)
		return;
	for (int i = 0; i < s->n_tasks; i++)
		t->sum[i] = sum_tree_root(&t->tree[i])->g;
}

/* --- inner products --- */

struct measuring {
	struct session *s;
	bool all, by_group;
};

/* The inner product of tasks i and k in one part: of all groups, each in its place. */
static void measure_pair(const struct measuring *m, int i, int k, int part)
{
	const struct task_sums *t = &m->s->task_sums;
	const struct param_set *ps = &m->s->params;
	size_t n = (size_t)m->s->n_tasks, groups = (size_t)t->n_groups;
	double *out = t->part + (size_t)part * groups * n * n + (size_t)i * n + (size_t)k;
	bool are_there = t->sum[i] && t->sum[k];

	if (!m->by_group) {
		*out = are_there ? grads_inner_part(t->sum[i], t->sum[k], PARAM_SHARED,
						    part) : 0;
		return;
	}
	for (size_t g = 0; g < groups; g++)
		out[g * n * n] = 0;
	for (int p = 0; p < ps->n && are_there; p++)
		if (ps->p[p].owner == PARAM_SHARED)
			out[(size_t)t->group[p] * n * n] +=
				grads_inner_param(t->sum[i], t->sum[k], p, part);
}

static void measure_part(struct worker *w, int part, void *arg)
{
	const struct measuring *m = arg;

	(void)w;
	for (int i = 0; i < m->s->n_tasks; i++)
		for (int k = m->all ? 0 : i; k <= i; k++)
			measure_pair(m, i, k, part);
}

/* The parts of one pair in one group, as of tasks' means. */
static double end_pair(const struct task_sums *t, size_t n, size_t group, int i, int k)
{
	double sum = 0, both = (double)t->count[i] * t->count[k];
	size_t at = group * n * n + (size_t)i * n + (size_t)k;

	for (size_t part = 0; part < GRADS_PARTS; part++)
		sum += t->part[part * (size_t)t->n_groups * n * n + at];
	return both > 0 ? sum / both : 0;
}

/* One half is measured and mirrored: the matrix is symmetric to the bit (test_gram). */
void task_sums_measure(struct session *s, bool all, bool by_group)
{
	struct measuring m = { s, all, by_group };
	struct task_sums *t = &s->task_sums;
	size_t n = (size_t)s->n_tasks, groups = by_group ? (size_t)t->n_groups : 1;

	workers_run(s->workers, GRADS_PARTS, measure_part, &m);
	for (int i = 0; i < s->n_tasks; i++)
		for (int k = all ? 0 : i; k <= i; k++) {
			size_t at = (size_t)i * n + (size_t)k, other = (size_t)k * n + (size_t)i;
			double sum = 0;

			for (size_t g = 0; g < groups; g++) {
				double x = end_pair(t, n, g, i, k);

				if (by_group)
					t->groups[g * n * n + at] =
						t->groups[g * n * n + other] = x;
				sum += x;
			}
			t->gram[at] = t->gram[other] = sum;
		}
	for (size_t i = 0; i < n; i++)
		t->norm[i] = __builtin_sqrt(t->gram[i * n + i]);
}

void task_sums_look(struct session *s, double *out)
{
	struct measuring m = { s, true, true };
	size_t n = (size_t)s->n_tasks, groups = (size_t)s->task_sums.n_groups;

	workers_run(s->workers, GRADS_PARTS, measure_part, &m);
	for (size_t g = 0; g < groups; g++)
		for (int i = 0; i < s->n_tasks; i++)
			for (int k = 0; k <= i; k++) {
				double x = end_pair(&s->task_sums, n, g, i, k);

				out[(g * n + (size_t)i) * n + (size_t)k] = x;
				out[(g * n + (size_t)k) * n + (size_t)i] = x;
			}
}

/* --- the combination --- */

struct combining {
	struct session *s;
	double square[GRADS_PARTS];
};

static void combine_part(struct worker *w, int part, void *arg)
{
	struct combining *c = arg;
	struct session *s = c->s;

	(void)w;
	grads_combine(s->sum, PARAM_SHARED, s->n_tasks, s->task_sums.sum, s->task_sums.by,
		      s->task_sums.group, part);
	c->square[part] = grads_sumsq_part(s->sum, GRADS_ALL, part);
}

double task_sums_combine(struct session *s)
{
	struct combining c = { .s = s };
	int n = s->n_tasks;
	double squares = 0;

	for (int g = 0; g < s->task_sums.n_groups; g++) /* sum[i] is k_i g_i */
		for (int i = 0; i < n; i++)
			s->task_sums.by[g * n + i] =
				(float)(s->mix.ch[i].weight *
					mix_coefficient(&s->mix, g, i) /
					s->plan->micro_batches);
	workers_run(s->workers, GRADS_PARTS, combine_part, &c);
	for (int part = 0; part < GRADS_PARTS; part++)
		squares += c.square[part];
	return squares;
}
