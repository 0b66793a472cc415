/*
 * fork.c - one session, the same state put back for each method.
 */
#include "trainer/fork.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "ask/evaluate.h"
#include "base/clock.h"
#include "base/mem.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"
#include "session/freezing.h"
#include "session/ring.h"
#include "trainer/advance.h"

enum { FORK_LOOKS = 8 };

/* --- the gradients' cosines --- */

/*
 * A weighting method that changes nothing and remembers what it was shown: cosines in the
 * first n x n numbers, how many in the second. It is never offered to anybody.
 */
static void say_looker(const struct mix_view *v, double *memory, double *out)
{
	int n = v->n;

	(void)out;
	for (int i = 0; v->gram && i < n; i++)
		for (int k = 0; k < n; k++) {
			double cosine = v->gram[i * n + k] / (v->norm[i] * v->norm[k]);

			if (!v->count[i] || !v->count[k] || !isfinite(cosine))
				continue;
			memory[i * n + k] += cosine;
			memory[n * n + i * n + k] += 1;
		}
}

/* At the state as it is, which is another one afterwards: moments and cursors move. */
static enum status look(struct session *s, struct fork_conflict *c, struct err *err)
{
	static const struct method looker = { .name = "looker", .help = "", .source = "",
					      .role = METHOD_WEIGHTING, .needs = NEEDS_GRAM,
					      .pairs = 2, .say = say_looker };
	static const double param[MIX_PARAMS];
	const double *m = s->mix.weighting.memory;
	int n = s->n_tasks, pairs = 0;
	struct step_report report;
	enum status st = ST_OK;

	*c = (struct fork_conflict){ .worst = INFINITY };
	if (n < 2 || 2 * n * n > MIX_MEMORY_MAX ||
	    !freezing_leaves(s, &s->mix.frozen, PARAM_SHARED) ||
	    method_fits(&looker, n, s->plan->micro_batches, NULL))
		return ST_OK;
	mix_use(&s->mix, &looker, param);
	mix_use(&s->mix, method_find(METHOD_SAMPLING, "uniform"), param);
	s->mix.lr = 0;
	for (int k = 0; k < FORK_LOOKS && !st; k++)
		st = session_step(s, &report, err);
	for (int i = 0; i < n && !st; i++)
		for (int k = i + 1; k < n; k++) {
			double seen = m[n * n + i * n + k], cosine = m[i * n + k] / seen;

			if (!(seen > 0))
				continue;
			c->mean += cosine;
			pairs++;
			if (cosine >= c->worst)
				continue;
			c->worst = cosine;
			c->a = i;
			c->b = k;
		}
	c->is_known = pairs > 0;
	c->mean /= pairs > 0 ? pairs : 1;
	return st;
}

/* --- an arm --- */

static enum status no_method(const char *name, struct err *err)
{
	const struct method *row;
	struct buf b;

	buf_init(&b);
	for (int role = METHOD_ROLES - 1; role >= 0; role--)
		for (int i = 0; (row = method_at((enum method_role)role, i)); i++)
			buf_addf(&b, "%s%s", b.len ? ", " : "", row->name);
	err_set(err, ST_INVALID, "no method '%s' (there are: %s)", name, buf_str(&b));
	buf_release(&b);
	return ST_INVALID;
}

/* The word's row, its parameters; NULL and ST_INVALID: nobody has it. */
static enum status find_method(const char *words, const struct method **row,
			       double param[MIX_PARAMS], struct err *err)
{
	char copy[FORK_WORDS], *rest = copy, *name;
	const char *arg[MIX_PARAMS + 1];
	int n = 0;

	if (strlen(words) >= sizeof copy)
		return err_set(err, ST_INVALID, "'%.40s...' is no method", words);
	str_copy(copy, sizeof copy, words);
	name = strsep(&rest, " ");
	while (rest && n <= MIX_PARAMS) {
		arg[n] = strsep(&rest, " ");
		n += arg[n][0] != '\0';
	}
	*row = method_find(METHOD_WEIGHTING, name);
	if (!*row)
		*row = method_find(METHOD_SAMPLING, name);
	if (!*row)
		return no_method(name, err);
	return method_params(*row, arg, n, param, err);
}

/* Sets it, or says in arm->why that this run cannot use it. */
static enum status use(struct session *s, struct fork_arm *arm, struct err *err)
{
	const struct method *row;
	double param[MIX_PARAMS];
	struct err why;
	enum status st;

	if (!arm->words[0])
		return ST_OK;
	st = find_method(arm->words, &row, param, err);
	if (st)
		return st;
	if (method_fits(row, s->n_tasks, s->plan->micro_batches, &why) ||
	    method_suits(row, param, s->n_tasks, plan_is_measured(s->plan), &why) ||
	    method_fits_frozen(row, !freezing_leaves(s, &s->mix.frozen, PARAM_SHARED),
			       &why)) {
		str_copy(arm->why, sizeof arm->why, why.text);
		return ST_OK;
	}
	mix_use(&s->mix, row, param);
	return ST_OK;
}

/* Losses of the second half, by units alike: a mean of steps' means. */
static void take_losses(struct fork_arm *arm, const struct step_row *r, double *sum, int *n)
{
	arm->skipped += r->skipped;
	for (int i = 0; i < r->n; i++) {
		sum[r->task[i].task] += (double)r->task[i].loss;
		n[r->task[i].task]++;
	}
}

static enum status train(struct session *s, struct fork_arm *arm, int64_t steps,
			 struct progress *pg, struct err *err)
{
	double sum[MIX_TASKS_MAX] = { 0 }, from = clock_process_cpu();
	int n[MIX_TASKS_MAX] = { 0 };
	struct step_report report;
	int64_t end = s->step + steps;
	enum status st = ST_OK;

	progress_begin(pg, (uint64_t)steps, "steps", "%s",
		       arm->words[0] ? arm->words : "as it is");
	while (!st && s->step < end) {
		st = session_step(s, &report, err);
		if (!st && 2 * (end - s->step) < steps)
			take_losses(arm, &report.row, sum, n);
		if (!st && advance_wants_dev(s))
			st = advance_look(s, pg, err);
		if (!st && progress_tick(pg, (uint64_t)(steps - (end - s->step))))
			st = err_set(err, ST_STOPPED, "stopped");
	}
	arm->seconds = (clock_process_cpu() - from) / (double)steps;
	for (int i = 0; i < s->n_tasks; i++)
		arm->task[i].loss = n[i] ? sum[i] / n[i] : NAN;
	return st;
}

static enum status measure(struct session *s, struct fork_arm *arm, struct progress *pg,
			   struct err *err)
{
	struct eval_options o = { .max_examples = s->plan->eval_examples, .greedy = true,
				  .fit = true };
	struct evaluation e;
	enum status st = ST_OK;

	for (int i = 0; i < s->n_tasks && !st; i++) {
		if (!evaluate_takes(s, i))
			continue;
		st = evaluate_task(s, i, &o, pg, &e, err);
		if (st)
			break;
		arm->task[i].dev = e.row;
		arm->task[i].has_dev = true;
		evaluation_release(&e);
	}
	return st;
}

static enum status run_arm(struct session *s, const struct ring *held, struct fork_arm *arm,
			   int64_t steps, struct progress *pg, struct err *err)
{
	enum status st;

	ring_restore(held, 0, s);
	arm->task = xcalloc((size_t)s->n_tasks, sizeof *arm->task);
	for (int i = 0; i < s->n_tasks; i++)
		arm->task[i].loss = NAN;
	st = use(s, arm, err);
	mix_show(&s->mix, METHOD_WEIGHTING, arm->weighting, sizeof arm->weighting);
	method_show_set(s->mix.weighting.row, s->mix.weighting.param, arm->usual,
			sizeof arm->usual);
	mix_show(&s->mix, METHOD_SAMPLING, arm->sampling, sizeof arm->sampling);
	if (st || arm->why[0])
		return st;
	st = train(s, arm, steps, pg, err);
	if (!st)
		session_state(s, arm->state);
	if (!st)
		st = measure(s, arm, pg, err);
	return st ? st : look(s, &arm->conflict, err);
}

/* --- all of them --- */

static bool schedule_ends(const struct plan *p)
{
	return p->schedule != SCHEDULE_CONSTANT && !(p->lr_floor > 0);
}

/* The newest checkpoint from which the schedule has `need` steps left, or -1; and the first. */
static int64_t with_steps_left(const char *run, int64_t horizon, int64_t need, int64_t *first)
{
	struct checkpoint_info *list = NULL;
	int64_t step = -1;
	int n = 0;

	*first = horizon;

	if (checkpoint_list(run, &list, &n, NULL))
		n = 0;
	for (int i = 0; i < n; i++) {
		if (!list[i].complete || list[i].is_left)
			continue;
		if (list[i].step < *first)
			*first = list[i].step;
		if (list[i].step > step && list[i].step + need <= horizon)
			step = list[i].step;
	}
	xfree(list);
	return step;
}

/* What would be the same under every method, or stands there twice. */
static enum status check(const struct session *s, int64_t *steps, const char *const *words,
			 int n, struct err *err)
{
	const struct plan *p = s->plan;
	bool ends = schedule_ends(p);
	int64_t left = s->mix.horizon - s->step;

	for (int i = 0; i < n; i++)
		for (int k = 0; k < i; k++)
			if (str_eq(words[i], words[k]))
				return err_set(err, ST_INVALID, "'%s' is named twice", words[i]);
	if (!*steps)
		*steps = ends && left > 0 && left < FORK_STEPS ? left : FORK_STEPS;
	if (!ends || *steps <= left)
		return ST_OK;
	if (left < 1)
		return err_set(err, ST_INVALID, "the schedule has ended at step %lld, and with a "
			       "rate of 0 every method does the same: --step N of an earlier "
			       "checkpoint", (long long)s->mix.horizon);
	return err_set(err, ST_INVALID, "the schedule ends in %lld steps, at step %lld, and then "
		       "the rate is 0: --steps %lld at most, or an earlier checkpoint, --step N",
		       (long long)left, (long long)s->mix.horizon, (long long)left);
}

struct opening {
	const char *run;
	int workers;
	struct progress *pg;
	struct session *s;
};

static enum status open_at(void *arg, const char *folder, struct err *err)
{
	struct opening *o = arg;
	struct plan *plan = NULL;
	enum status st = run_plan(o->run, &plan, err);

	if (!st)
		st = session_new(plan, folder, o->workers, o->pg, &o->s, err);
	if (!st)
		st = checkpoint_load(o->s, folder, NULL, err);
	if (st) {
		session_free(o->s);
		o->s = NULL;
	}
	return st;
}

/* The newest checkpoint, or of a schedule that has ended one before. */
static enum status open_newest(struct opening *o, int64_t need, struct checkpoint_choice *c,
			       struct err *err)
{
	enum status st = checkpoint_with(o->run, CHECKPOINT_NEWEST, c, open_at, o, err);
	int64_t step, first, end;

	if (st || !schedule_ends(o->s->plan) || o->s->step + need <= o->s->mix.horizon)
		return st;
	end = o->s->mix.horizon;
	step = with_steps_left(o->run, end, need, &first);
	if (step < 0 && first >= end)
		return ST_OK; /* check() says it */
	session_free(o->s);
	o->s = NULL;
	if (step < 0)
		return err_set(err, ST_INVALID, "no checkpoint that is kept has %lld steps left "
			       "before the schedule's end, at step %lld: --steps %lld at most, "
			       "from step %lld", (long long)need, (long long)end,
			       (long long)(end - first), (long long)first);
	return checkpoint_with(o->run, step, c, open_at, o, err);
}

enum status fork_run(const char *run, int64_t step, int64_t steps, const char *const *words,
		     int n, int workers, struct progress *pg, struct fork_result *out,
		     struct err *err)
{
	struct opening o = { .run = run, .workers = workers, .pg = pg };
	struct checkpoint_choice c;
	double param[MIX_PARAMS];
	const struct method *row;
	struct ring *held;
	enum status st = ST_OK;

	memset(out, 0, sizeof *out);
	if (n >= FORK_ARMS)
		return err_set(err, ST_INVALID, "%d methods are more than %d", n, FORK_ARMS - 1);
	for (int i = 0; i < n && !st; i++)
		st = find_method(words[i], &row, param, err);
	if (!st && step < 0)
		st = open_newest(&o, steps > 0 ? steps : 1, &c, err);
	else if (!st)
		st = checkpoint_with(run, step, &c, open_at, &o, err);
	if (st)
		return st;
	out->s = o.s;
	if (step >= 0 && c.step != step)
		return err_set(err, ST_NOT_FOUND, "no checkpoint of step %lld is kept; the nearest "
			       "is of step %lld", (long long)step, (long long)c.step);
	st = check(out->s, &steps, words, n, err);
	out->from = out->s->step;
	out->steps = steps;
	out->n_tasks = out->s->n_tasks;
	out->held = ring_state_bytes(out->s);
	held = ring_new_of(out->s, 1);
	ring_take(held, out->s, 0);
	while (!st && out->n_arms <= n) {
		struct fork_arm *arm = &out->arm[out->n_arms];

		if (out->n_arms)
			str_copy(arm->words, sizeof arm->words, words[out->n_arms - 1]);
		st = run_arm(out->s, held, arm, steps, pg, err);
		out->n_arms++;
	}
	ring_free(held);
	return st;
}

void fork_release(struct fork_result *r)
{
	for (int i = 0; i < r->n_arms; i++)
		xfree(r->arm[i].task);
	session_free(r->s);
}
