/*
 * conflict.c - windows in which each task's gradient is kept as sketches, or read off the
 * Gram matrix that a method has made.
 */
#include "session/conflict.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "session/freezing.h"
#include "session/session.h"
#include "session/task_sums.h"
#include "tensor/sketch.h"

/* --- room --- */

static size_t shared_count(const struct session *s)
{
	size_t n = 0;

	for (int p = 0; p < s->params.n; p++)
		n += s->params.p[p].owner == PARAM_SHARED && !param_is_still(&s->params, p);
	return n;
}

static size_t sketch_floats(const struct session *s)
{
	return (size_t)s->n_tasks * (size_t)task_sums_groups(s) * SKETCH_BUCKETS;
}

size_t conflict_bytes(const struct session *s)
{
	enum method_role role = METHOD_WEIGHTING;
	bool is_summed = method_combines(method_find(role, s->plan->method[role].name));

	if (s->plan->gradients_every <= 0 || s->n_tasks < 2 || is_summed)
		return 0;
	return (shared_count(s) * SKETCH_BUCKETS + sketch_floats(s)) * sizeof(float);
}

static void make_sketches(struct session *s)
{
	struct conflict *c = &s->conflict;
	int n = 0;

	if (c->sketch)
		return;
	c->place = xcalloc((size_t)s->params.n + 1, sizeof *c->place);
	c->used = xcalloc((size_t)s->params.n + 1, sizeof *c->used);
	for (int p = 0; p < s->params.n; p++) {
		bool is_one = s->params.p[p].owner == PARAM_SHARED &&
			      !param_is_still(&s->params, p);

		c->place[p] = is_one ? n++ : -1;
	}
	c->scratch = xcalloc((size_t)n * SKETCH_BUCKETS + 1, sizeof *c->scratch);
	c->sketch = xcalloc(sketch_floats(s) + 1, sizeof *c->sketch);
}

/* What a row needs. */
static void make_figures(struct session *s)
{
	struct conflict *c = &s->conflict;
	size_t n = (size_t)s->n_tasks, groups;

	if (c->gram)
		return;
	c->groups = task_sums_groups(s);
	groups = (size_t)c->groups;
	c->gram = xcalloc(groups * n * n + 1, sizeof *c->gram);
	c->norm = xcalloc(groups * n + 1, sizeof *c->norm);
	c->cosine = xcalloc(groups * conflict_pairs((int)n) + 1, sizeof *c->cosine);
}

void conflict_init(struct session *s)
{
	conflict_clear(&s->conflict);
	if (s->n_tasks > 1)
		make_figures(s);
	if (conflict_bytes(s))
		make_sketches(s);
}

void conflict_release(struct conflict *c)
{
	xfree(c->place);
	xfree(c->used);
	xfree(c->scratch);
	xfree(c->sketch);
	xfree(c->gram);
	xfree(c->norm);
	xfree(c->cosine);
	*c = (struct conflict){ 0 };
}

void conflict_clear(struct conflict *c)
{
	c->last = 0;
	c->is_asked = c->is_open = false;
	c->spent = 0;
	memset(c->drawn, 0, sizeof c->drawn);
}

void conflict_ask(struct session *s)
{
	s->conflict.is_asked = s->n_tasks > 1;
}

void conflict_remember(struct session *s, const struct conflict_row *r)
{
	if (r->scheduled)
		s->conflict.last = r->from;
}

/* --- a window --- */

static bool is_due(const struct session *s)
{
	int64_t every = s->gradients.every;

	return every > 0 && s->conflict.last <= s->step / every * every;
}

static void open_window(struct session *s)
{
	struct conflict *c = &s->conflict;

	c->is_open = true;
	c->scheduled = false;
	c->from = s->step;
	memset(c->count, 0, sizeof c->count);
	memset(c->met, 0, sizeof c->met);
	if (c->sketch)
		memset(c->sketch, 0, sketch_floats(s) * sizeof *c->sketch);
}

/* One by hand that is still open when a round begins is the round's. */
static bool begin(struct session *s)
{
	struct conflict *c = &s->conflict;
	bool due, any = false;

	memset(c->drawn, 0, sizeof c->drawn);
	if (s->n_tasks < 2 ||
	    (s->has_frozen && !freezing_leaves(s, &s->mix.frozen, PARAM_SHARED)))
		return false;
	due = is_due(s) && !(c->is_open && c->scheduled);
	if (!c->is_open && (due || c->is_asked))
		open_window(s);
	if (due)
		c->scheduled = true;
	c->is_asked = false;
	if (!c->is_open || s->task_sums.is_on)
		return false;
	make_sketches(s);
	for (int k = 0; k < s->plan->micro_batches; k++) {
		int task = s->job[k].task;

		if (!c->count[task]) {
			c->left[task] = ++c->drawn[task];
			any = true;
		}
	}
	return any;
}

bool conflict_begin(struct session *s)
{
	bool has_norms = gradients_begin(s);

	s->is_measured = begin(s) || has_norms;
	return s->is_measured;
}

bool conflict_wanted(const struct session *s, int task)
{
	return s->conflict.drawn[task] > 0 || gradients_wanted(s, task);
}

static float *sketch_of(const struct session *s, int task, int group)
{
	const struct conflict *c = &s->conflict;

	return c->sketch + ((size_t)task * (size_t)c->groups + (size_t)group) * SKETCH_BUCKETS;
}

/* In the parameters' order, whenever each came: the same bits on any workers. */
static void end_job(struct session *s, int task, float by)
{
	struct conflict *c = &s->conflict;

	for (int p = 0; p < s->params.n; p++) {
		if (!c->used[p])
			continue;
		sketch_move(sketch_of(s, task, freezing_layer(s, p) + 1), by,
			    c->scratch + (size_t)c->place[p] * SKETCH_BUCKETS);
		c->used[p] = false;
	}
}

static void take(struct session *s, int task, const struct grads *g, int param, double by)
{
	struct conflict *c = &s->conflict;
	int from = param < 0 ? 0 : param, to = param < 0 ? s->params.n : param + 1;

	if (!c->drawn[task])
		return;
	for (int p = from; p < to; p++) {
		if (c->place[p] < 0 || !grads_touched(g, p))
			continue;
		grads_sketch_param(g, p, s->plan->seed, (uint64_t)c->from,
				   c->scratch + (size_t)c->place[p] * SKETCH_BUCKETS);
		c->used[p] = true;
	}
	if (param >= 0)
		return;
	end_job(s, task, (float)by);
	c->left[task]--;
}

void conflict_take(struct session *s, int task, const struct grads *g, int param, double by)
{
	double from;

	if (!s->is_measured)
		return;
	from = clock_now();
	gradients_take(s, task, g, param, by);
	take(s, task, g, param, by);
	s->conflict.spent += clock_now() - from;
}

/* --- a row --- */

/* Those whose gradient is finite and not 0, of the Gram matrices as they stand. */
static void choose_tasks(struct session *s, const int *count)
{
	struct conflict *c = &s->conflict;
	struct conflict_row *r = &c->row;
	size_t n = (size_t)s->n_tasks;

	r->n = 0;
	for (size_t i = 0; i < n; i++) {
		double square = 0;

		for (size_t g = 0; g < (size_t)c->groups; g++)
			square += c->gram[(g * n + i) * n + i];
		if (count[i] && isfinite(square) && square > 0 && square < 1e30)
			r->task[r->n++] = (uint8_t)i;
	}
}

/* by [n tasks]: what the sums of gradients are to be divided by; NULL: they are means. */
static void fill_row(struct session *s, const int *by)
{
	struct conflict *c = &s->conflict;
	struct conflict_row *r = &c->row;
	size_t n = (size_t)s->n_tasks, pairs = conflict_pairs(r->n);

	r->timeline = s->timeline;
	r->step = s->step;
	r->from = c->from + 1;
	r->scheduled = c->scheduled;
	r->is_exact = s->task_sums.is_on;
	r->groups = c->groups;
	r->norm = c->norm;
	r->cosine = c->cosine;
	for (size_t g = 0; g < (size_t)c->groups; g++)
		for (int i = 0; i < r->n; i++) {
			const double *row = c->gram + (g * n + r->task[i]) * n;
			double square = row[r->task[i]];

			c->norm[g * (size_t)r->n + (size_t)i] =
				(float)(__builtin_sqrt(square) / (by ? by[r->task[i]] : 1));
			for (int k = 0; k < i; k++) {
				double lengths = __builtin_sqrt(square) * __builtin_sqrt(
					c->gram[(g * n + r->task[k]) * n + r->task[k]]);
				double x = lengths > 0 ? row[r->task[k]] / lengths : (double)NAN;

				c->cosine[g * pairs + conflict_at(i, k)] =
					(float)(x > 1 ? 1 : x < -1 ? -1 : x);
			}
		}
}

static void close_window(struct session *s)
{
	struct conflict *c = &s->conflict;

	c->is_open = false;
	if (c->scheduled)
		c->last = c->from + 1;
}

/* The last step of a round: what it has not met by now it will not. */
static bool round_ends(const struct session *s)
{
	int64_t every = s->gradients.every;

	return s->conflict.scheduled && every > 0 && s->step % every == 0;
}

/* Inner products of the sketches that are there. */
static void multiply(struct session *s)
{
	struct conflict *c = &s->conflict;
	int n = s->n_tasks;

	for (int g = 0; g < c->groups; g++)
		for (int i = 0; i < n; i++)
			for (int k = 0; k <= i; k++) {
				double *at = c->gram + (size_t)g * (size_t)n * (size_t)n;
				double x = c->count[i] && c->count[k] ?
					sketch_inner(sketch_of(s, i, g), sketch_of(s, k, g)) : 0;

				at[i * n + k] = at[k * n + i] = x;
			}
}

/* True: a row is to be written. */
static bool end_sketches(struct session *s)
{
	struct conflict *c = &s->conflict;
	double share[MIX_TASKS_MAX];
	bool is_whole = true;

	mix_shares(&s->mix, share);
	for (int i = 0; i < s->n_tasks; i++) {
		BUG_IF(c->drawn[i] && c->left[i]);
		if (c->drawn[i])
			c->count[i] = c->drawn[i];
		is_whole &= c->count[i] > 0 || !(share[i] > 0);
	}
	if (!is_whole && !round_ends(s))
		return false;
	multiply(s);
	choose_tasks(s, c->count);
	if (c->row.n)
		fill_row(s, c->count);
	close_window(s);
	return c->row.n > 1;
}

/* Marks the row's pairs as met; were there any that had not? */
static bool meet(struct session *s)
{
	struct conflict *c = &s->conflict;
	bool any = false;

	for (int i = 0; i < c->row.n; i++)
		for (int k = 0; k < i; k++) {
			bool *met = &c->met[c->row.task[i] * MIX_TASKS_MAX + c->row.task[k]];

			any |= !*met;
			*met = true;
		}
	return any;
}

static bool all_have_met(const struct session *s)
{
	const struct conflict *c = &s->conflict;
	double share[MIX_TASKS_MAX];

	mix_shares(&s->mix, share);
	for (int i = 0; i < s->n_tasks; i++)
		for (int k = 0; k < i; k++)
			if (share[i] > 0 && share[k] > 0 && !c->met[i * MIX_TASKS_MAX + k])
				return false;
	return true;
}

static bool end_exact(struct session *s)
{
	struct conflict *c = &s->conflict;
	bool is_news;

	task_sums_look(s, c->gram);
	choose_tasks(s, s->task_sums.count);
	is_news = meet(s);
	if (is_news)
		fill_row(s, NULL);
	if (all_have_met(s) || round_ends(s))
		close_window(s);
	return is_news;
}

/* A row of no task where norms alone took their time. */
const struct conflict_row *conflict_end(struct session *s)
{
	struct conflict *c = &s->conflict;
	double from = clock_now();
	bool is_row = false, was_open = c->is_open;

	c->row.n = c->row.groups = 0;
	if (c->is_open)
		is_row = s->task_sums.is_on ? end_exact(s) : end_sketches(s);
	if (!is_row && (c->is_open || !(c->spent > 0)))
		return NULL;
	if (!is_row)
		c->row = (struct conflict_row){ .timeline = s->timeline, .step = s->step,
						.scheduled = was_open && c->scheduled,
						.from = was_open ? c->from + 1 : s->step };
	if (was_open)
		c->spent += clock_now() - from;
	c->row.seconds = (float)c->spent;
	c->spent = 0;
	return &c->row;
}
