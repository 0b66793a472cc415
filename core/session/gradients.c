/*
 * gradients.c - norms of the tasks' gradients on the shared parameters.
 */
#include "session/gradients.h"

#include <math.h> /* isfinite, NAN */
#include <string.h>

#include "base/mem.h"
#include "session/freezing.h"
#include "session/session.h"

void gradients_init(struct gradients *g, const struct session *s)
{
	gradients_clear(g);
	g->every = s->plan->gradients_every;
	if (gradients_bytes(s))
		g->sum = grads_new_owned(&s->params, PARAM_SHARED);
	g->square = xcalloc((size_t)s->params.n * GRADS_PARTS + 1, sizeof *g->square);
}

size_t gradients_bytes(const struct session *s)
{
	return s->plan->gradients_every > 0 && s->plan->micro_batches > 1 ?
		grads_bytes(&s->params, PARAM_SHARED) : 0;
}

void gradients_release(struct gradients *g)
{
	grads_free(g->sum);
	xfree(g->square);
	g->sum = NULL;
	g->square = NULL;
}

void gradients_clear(struct gradients *g)
{
	memset(g->last, 0, sizeof g->last);
	memset(g->asked, 0, sizeof g->asked);
	memset(g->count, 0, sizeof g->count);
	g->adder = -1;
}

static void make_sum(struct session *s)
{
	if (!s->gradients.sum && s->plan->micro_batches > 1)
		s->gradients.sum = grads_new_owned(&s->params, PARAM_SHARED);
}

void gradients_set_every(struct session *s, int64_t every)
{
	s->gradients.every = every;
	if (every > 0)
		make_sum(s);
}

void gradients_ask(struct session *s)
{
	for (int i = 0; i < s->n_tasks; i++)
		s->gradients.asked[i] = true;
	make_sum(s);
	conflict_ask(s);
}

void gradients_remember(struct session *s, const struct gradient_row *r)
{
	if (r->scheduled && r->task < s->n_tasks)
		s->gradients.last[r->task] = r->step;
}

/*
 * Was the task not measured in the round that the step to come is in? The round begins
 * at a multiple of `every`, and its first row bears the number after that step.
 */
static bool is_due(const struct session *s, int task)
{
	const struct gradients *g = &s->gradients;

	return g->every > 0 && g->last[task] <= s->step / g->every * g->every;
}

bool gradients_wanted(const struct session *s, int task)
{
	return s->gradients.count[task] > 0;
}

/*
 * Does task a come before b at the buffer? b -1: nobody yet. The schedule comes
 * before the hand, so that asking never moves a scheduled measurement.
 */
static bool comes_first(const struct gradients *g, int a, int b)
{
	if (b < 0 || g->due[a] != g->due[b])
		return b < 0 || g->due[a];
	return g->last[a] < g->last[b];
}

bool gradients_begin(struct session *s)
{
	struct gradients *g = &s->gradients;
	bool any = false;

	g->adder = -1;
	memset(g->count, 0, sizeof g->count);
	if (s->has_frozen && !freezing_leaves(s, &s->mix.frozen, PARAM_SHARED))
		return false;
	for (int k = 0; k < s->plan->micro_batches; k++) {
		int task = s->job[k].task;

		g->due[task] = is_due(s, task);
		if (g->due[task] || g->asked[task])
			g->count[task]++;
	}
	for (int i = 0; i < s->n_tasks; i++)
		if (g->count[i] > 1 && comes_first(g, i, g->adder))
			g->adder = i;
	for (int i = 0; i < s->n_tasks; i++) {
		if (g->count[i] > 1 && i != g->adder)
			g->count[i] = 0; /* at a later step */
		g->left[i] = g->count[i];
		g->norm[i] = NAN;
		any |= g->count[i] > 0;
	}
	if (g->adder >= 0)
		grads_clear(g->sum);
	return any;
}

static void take_squares(struct gradients *g, const struct grads *grads, int p)
{
	double *square = g->square + (size_t)p * GRADS_PARTS;

	for (int part = 0; part < GRADS_PARTS; part++)
		square[part] += grads_sumsq_param(grads, p, part);
}

/* In the order of grads_sumsq, whenever each parameter came: the same bits. */
static double end_squares(struct gradients *g, const struct param_set *ps)
{
	double all = 0;

	for (int part = 0; part < GRADS_PARTS; part++) {
		double sum = 0;

		for (int p = 0; p < ps->n; p++)
			sum += g->square[(size_t)p * GRADS_PARTS + (size_t)part];
		all += sum;
	}
	memset(g->square, 0, (size_t)ps->n * GRADS_PARTS * sizeof *g->square);
	return all;
}

/*
 * A chain in the list's order, not the step's tree: nothing is trained by this sum, and
 * a chain needs one buffer. One micro-batch alone needs none: its own gradient is read.
 */
void gradients_take(struct session *s, int task, const struct grads *grads, int param,
		    double by)
{
	const struct param_set *ps = &s->params;
	struct gradients *g = &s->gradients;
	int from = param < 0 ? 0 : param, to = param < 0 ? ps->n : param + 1;
	bool adds = g->count[task] > 1;

	if (!g->count[task])
		return;
	for (int p = from; p < to; p++) {
		if (ps->p[p].owner != PARAM_SHARED)
			continue;
		if (adds)
			grads_add_param(g->sum, grads, (float)by, p);
		else
			take_squares(g, grads, p);
	}
	if (param >= 0 || --g->left[task])
		return;
	g->norm[task] = adds ? __builtin_sqrt(grads_sumsq(g->sum, PARAM_SHARED)) :
			       __builtin_sqrt(end_squares(g, ps)) * by;
	g->norm[task] = g->norm[task] / g->count[task];
}

int gradients_end(struct session *s, struct gradient_row *out)
{
	struct gradients *g = &s->gradients;
	int n = 0;

	for (int i = 0; i < s->n_tasks; i++) {
		if (!g->count[i] || !isfinite(g->norm[i]))
			continue;
		out[n++] = (struct gradient_row){ .timeline = s->timeline,
						  .step = s->step, .task = i,
						  .count = g->count[i],
						  .scheduled = g->due[i],
						  .norm = g->norm[i] };
		if (g->due[i])
			g->last[i] = s->step;
		g->asked[i] = false;
	}
	return n;
}
