/*
 * look.c - the last picture of a run that has ended, built from its folder, and
 * the feeds of the desk: a live trainer, or such a picture.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "feed.h"
#include "run/command.h"
#include "run/plan.h"
#include "run/telemetry.h"
#include "run/trainer.h"

struct look {
	struct snapshot snap;
	struct telemetry *telemetry;
	uint64_t drawn[CHANNELS_MAX]; /* micro-batches */
};

/* --- what the store keeps, for both feeds --- */

static enum status open_store(const char *run_path, struct store **out, struct err *err)
{
	char path[600];

	if (!str_format(path, sizeof path, "%s/run.db", run_path))
		return err_set(err, ST_INVALID, "path too long: '%s'", run_path);
	return store_open_readonly(path, out, err);
}

static enum status read_predictions(void *arg, const char *run_path, int task,
				    struct prediction_set *out, struct err *err)
{
	struct store *s = NULL;
	enum status st = open_store(run_path, &s, err);

	(void)arg;
	if (!st)
		st = store_predictions_read(s, task, -1, out, err);
	store_close(s);
	return st;
}

/* The newest step before `step` of an evaluation whose predictions are kept. */
static enum status read_before(void *arg, const char *run_path, int task, int64_t step,
			       struct prediction_set *out, struct err *err)
{
	struct store *s = NULL;
	struct eval_row *row = NULL;
	int n = 0;
	enum status st = open_store(run_path, &s, err);

	(void)arg;
	if (!st)
		st = store_evals_read(s, task, &row, &n, err);
	if (!st)
		st = ST_NOT_FOUND;
	for (int i = n - 1; i >= 0 && st == ST_NOT_FOUND; i--)
		if (row[i].step < step)
			st = store_predictions_read(s, task, row[i].step, out, err);
	xfree(row);
	store_close(s);
	return st;
}

static enum status read_history(void *arg, const char *run_path, int task, int64_t row,
				struct prediction_set *out, int64_t **steps,
				struct err *err)
{
	struct store *s = NULL;
	enum status st = open_store(run_path, &s, err);

	(void)arg;
	if (!st)
		st = store_history_read(s, task, row, out, steps, err);
	store_close(s);
	return st;
}

static enum status read_journal(void *arg, const char *run_path,
				struct journal_entry **out, int *n, struct err *err)
{
	struct store *s = NULL;
	enum status st = open_store(run_path, &s, err);

	(void)arg;
	if (!st)
		st = store_journal_read(s, 0, out, n, err);
	store_close(s);
	return st;
}

/* --- a live trainer --- */

static int live_fd(void *arg)
{
	return trainer_fd(arg);
}

static bool live_snapshot(void *arg, struct snapshot *dst)
{
	return trainer_snapshot(arg, dst);
}

static enum status live_post(void *arg, const char *line, uint64_t *ticket,
			     struct err *err)
{
	return trainer_post(arg, line, WHO_PERSON, ticket, err);
}

static enum status live_answer(void *arg, uint64_t ticket, struct buf *text,
			       struct err *err)
{
	return trainer_answer(arg, ticket, text, err);
}

static void live_stop(void *arg)
{
	trainer_stop(arg);
}

void feed_trainer(struct feed *f, struct trainer *t)
{
	*f = (struct feed){.arg = t, .fd = live_fd, .snapshot = live_snapshot,
			   .post = live_post, .answer = live_answer, .stop = live_stop,
			   .predictions = read_predictions,
			   .predictions_before = read_before, .history = read_history,
			   .journal = read_journal};
}

/* --- a run that has ended --- */

static void take_step(void *arg, const struct step_row *r)
{
	struct look *l = arg;

	l->snap.step = r->step;
	l->snap.skipped += r->skipped;
	l->snap.tokens += r->tokens;
	for (int k = 0; k < r->n; k++)
		if (r->task[k].task < l->snap.n_channels)
			l->drawn[r->task[k].task] += r->task[k].count;
	telemetry_step(l->telemetry, &l->snap, r);
}

static void from_plan(struct look *l, const struct plan *p)
{
	struct snapshot *s = &l->snap;

	s->steps = p->steps;
	s->base_lr = s->lr = p->lr;
	s->clip = p->clip;
	s->dropout = p->dropout;
	str_copy(s->sampling, sizeof s->sampling, p->sampling);
	str_copy(s->weighting, sizeof s->weighting, p->weighting);
	s->n_channels = p->n_tasks < CHANNELS_MAX ? p->n_tasks : CHANNELS_MAX;
	s->ch = xcalloc((size_t)s->n_channels + 1, sizeof *s->ch);
	for (int i = 0; i < s->n_channels; i++) {
		struct channel *c = &s->ch[i];
		const struct plan_task *t = &p->tasks[i];

		str_copy(c->name, sizeof c->name, t->name);
		c->kind = t->kind;
		c->metric = t->metrics[0];
		c->weight = t->weight;
		c->factor = 1;
		c->share = t->share >= 0 ? t->share : NAN;
		c->share_auto = t->share < 0;
		c->muted = t->muted;
		c->loss = c->smooth = c->dev = c->dev_before = NAN;
		c->dev_best = c->baseline = NAN;
		curve_init(&c->curve);
	}
}

static struct channel *named(struct snapshot *s, const char *name)
{
	for (int i = 0; i < s->n_channels; i++)
		if (str_eq(s->ch[i].name, name))
			return &s->ch[i];
	return NULL;
}

/* What the journal left the faders at. */
static void take_entry(struct snapshot *s, const struct journal_entry *e)
{
	struct command c;
	struct channel *ch;
	double x = 0;
	bool on;

	if (command_parse(e->command, &c, NULL) != ST_OK || c.n_args < 1)
		return;
	if (str_eq(c.row->name, "clip"))
		parse_double(c.arg[0], &s->clip);
	if (str_eq(c.row->name, "dropout"))
		parse_double(c.arg[0], &s->dropout);
	ch = c.n_args >= 2 ? named(s, c.arg[0]) : NULL;
	if (!ch)
		return;
	on = str_eq(c.arg[1], "on");
	if (str_eq(c.row->name, "weight") && parse_double(c.arg[1], &x)) {
		ch->weight = x;
	} else if (str_eq(c.row->name, "share")) {
		ch->share_auto = !parse_double(c.arg[1], &x);
		ch->share = ch->share_auto ? NAN : x;
	} else if (str_eq(c.row->name, "mute")) {
		ch->muted = on;
	} else if (str_eq(c.row->name, "solo")) {
		ch->solo = on;
	} else if (str_eq(c.row->name, "lock")) {
		ch->locked = on;
	}
}

static enum status from_journal(struct look *l, struct store *db, struct err *err)
{
	struct snapshot *s = &l->snap;
	struct journal_entry *e = NULL;
	int n = 0, first;
	enum status st = store_journal_read(db, 0, &e, &n, err);

	for (int i = 0; !st && i < n; i++)
		take_entry(s, &e[i]);
	first = n > SNAPSHOT_JOURNAL ? n - SNAPSHOT_JOURNAL : 0;
	for (int i = first; !st && i < n; i++)
		s->journal[s->n_journal++] = e[i];
	xfree(e);
	return st;
}

static enum status from_evals(struct look *l, struct store *db, struct err *err)
{
	struct snapshot *s = &l->snap;
	struct eval_row *row = NULL;
	int n = 0;
	enum status st = store_evals_read(db, -1, &row, &n, err);

	for (int i = 0; !st && i < n; i++) {
		telemetry_eval(s, &row[i]);
		if (row[i].step > s->eval_step)
			s->eval_step = row[i].step;
	}
	xfree(row);
	return st;
}

static enum status from_checkpoints(struct look *l, struct store *db, struct err *err)
{
	struct checkpoint_row *row = NULL;
	int n = 0;
	enum status st = store_checkpoints_read(db, &row, &n, err);

	for (int i = 0; !st && i < n; i++) {
		if (row[i].step < l->snap.checkpoint_step)
			continue;
		l->snap.checkpoint_step = row[i].step;
		str_copy(l->snap.state, sizeof l->snap.state, row[i].state);
	}
	xfree(row);
	return st;
}

/* Who is left out; shares as what was drawn, where the hand set none. */
static void settle(struct look *l)
{
	struct snapshot *s = &l->snap;
	uint64_t all = 0;
	bool any_solo = false;

	for (int i = 0; i < s->n_channels; i++) {
		s->ch[i].micro_batches = l->drawn[i];
		all += l->drawn[i];
		any_solo |= s->ch[i].solo;
	}
	for (int i = 0; i < s->n_channels; i++) {
		struct channel *c = &s->ch[i];

		c->silent = c->muted || (any_solo && !c->solo);
		if (!isfinite(c->share))
			c->share = all ? (double)l->drawn[i] / (double)all : 0;
	}
	s->phase = s->step >= s->steps ? PHASE_DONE : PHASE_STOPPED;
	s->seconds_left = -1;
	s->serial = 1;
}

static enum status read_run(struct look *l, const char *run, struct err *err)
{
	struct snapshot *s = &l->snap;
	const char *name = strrchr(run, '/');
	struct plan *plan = NULL;
	struct store *db = NULL;
	char path[600];
	enum status st = ST_OK;

	str_copy(s->run_path, sizeof s->run_path, run);
	str_copy(s->run, sizeof s->run, name && name[1] ? name + 1 : run);
	s->checkpoint_step = s->eval_step = -1;
	if (!str_format(path, sizeof path, "%s/plan.json", run))
		return err_set(err, ST_INVALID, "path too long: '%s'", run);
	st = plan_load(path, NULL, 0, &plan, err);
	if (!st)
		st = open_store(run, &db, err);
	if (!st) {
		from_plan(l, plan);
		st = store_steps_read(db, 0, INT64_MAX, 1, take_step, l, err);
	}
	if (!st)
		st = from_journal(l, db, err);
	if (!st)
		st = from_evals(l, db, err);
	if (!st)
		st = from_checkpoints(l, db, err);
	if (!st) {
		telemetry_derive(l->telemetry, s);
		settle(l);
	}
	store_close(db);
	plan_free(plan);
	return st;
}

enum status look_open(const char *run, struct look **out, struct err *err)
{
	struct look *l = xcalloc(1, sizeof *l);
	enum status st;

	snapshot_init(&l->snap);
	l->telemetry = xcalloc(1, sizeof *l->telemetry);
	telemetry_init(l->telemetry);
	st = read_run(l, run, err);
	if (st) {
		look_close(l);
		return st;
	}
	*out = l;
	return ST_OK;
}

void look_close(struct look *l)
{
	if (!l)
		return;
	snapshot_release(&l->snap);
	xfree(l->telemetry);
	xfree(l);
}

static bool look_snapshot(void *arg, struct snapshot *dst)
{
	struct look *l = arg;

	if (dst->serial >= l->snap.serial)
		return false;
	snapshot_copy(dst, &l->snap);
	return true;
}

void feed_look(struct feed *f, struct look *l)
{
	*f = (struct feed){.arg = l, .snapshot = look_snapshot,
			   .predictions = read_predictions,
			   .predictions_before = read_before, .history = read_history,
			   .journal = read_journal};
}
