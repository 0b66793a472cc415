/*
 * task_sums.c - a tree of sums for each task, their inner products, their combination.
 */
#include "session/task_sums.h"

#include <string.h>

#include "base/mem.h"
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

static void make_room(struct session *s)
{
	struct task_sums *t = &s->task_sums;
	size_t n = (size_t)s->n_tasks, buffers;

	t->n_buffers = task_sums_buffers(s->n_tasks, s->plan->micro_batches);
	buffers = (size_t)t->n_buffers;
	t->all = xcalloc(buffers, sizeof *t->all);
	t->free = xcalloc(buffers, sizeof *t->free);
	for (int i = 0; i < t->n_buffers; i++)
		t->all[i] = grads_new_owned(&s->params, PARAM_SHARED);
	t->part = xcalloc(GRADS_PARTS * n * n, sizeof *t->part);
	t->gram = xcalloc(n * n, sizeof *t->gram);
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
	xfree(t->part);
	xfree(t->gram);
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

	t->is_on = mix_needs(&s->mix) & (NEEDS_NORMS | NEEDS_GRAM);
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
	bool all;
};

static void measure_part(struct worker *w, int part, void *arg)
{
	const struct measuring *m = arg;
	struct task_sums *t = &m->s->task_sums;
	int n = m->s->n_tasks;
	double *out = t->part + (size_t)part * (size_t)(n * n);

	(void)w;
	for (int i = 0; i < n; i++)
		for (int k = m->all ? 0 : i; k <= i; k++)
			out[i * n + k] = !t->sum[i] || !t->sum[k] ? 0 :
				grads_inner_part(t->sum[i], t->sum[k], PARAM_SHARED, part);
}

/* One half is measured and mirrored: the matrix is symmetric to the bit (test_gram). */
void task_sums_measure(struct session *s, bool all)
{
	struct measuring m = { s, all };
	struct task_sums *t = &s->task_sums;
	int n = s->n_tasks;

	workers_run(s->workers, GRADS_PARTS, measure_part, &m);
	for (int i = 0; i < n; i++)
		for (int k = all ? 0 : i; k <= i; k++) {
			double sum = 0, both = (double)t->count[i] * t->count[k];

			for (int part = 0; part < GRADS_PARTS; part++)
				sum += t->part[part * n * n + i * n + k];
			t->gram[i * n + k] = t->gram[k * n + i] = both > 0 ? sum / both : 0;
		}
	for (int i = 0; i < n; i++)
		t->norm[i] = __builtin_sqrt(t->gram[i * n + i]);
}

/* --- the combination --- */

struct combining {
	struct session *s;
	float by[MIX_TASKS_MAX];
	double square[GRADS_PARTS];
};

static void combine_part(struct worker *w, int part, void *arg)
{
	struct combining *c = arg;
	struct session *s = c->s;

	(void)w;
	grads_combine(s->sum, PARAM_SHARED, s->n_tasks, s->task_sums.sum, c->by, part);
	c->square[part] = grads_sumsq_part(s->sum, GRADS_ALL, part);
}

double task_sums_combine(struct session *s)
{
	struct combining c = { .s = s };
	double squares = 0;

	for (int i = 0; i < s->n_tasks; i++) /* sum[i] is k_i g_i */
		c.by[i] = (float)(mix_loss_weight(&s->mix, i) / s->plan->micro_batches);
	workers_run(s->workers, GRADS_PARTS, combine_part, &c);
	for (int part = 0; part < GRADS_PARTS; part++)
		squares += c.square[part];
	return squares;
}
