/*
 * trainer_work.c - what the training thread does beside steps: pictures,
 * evaluations, checkpoints, and the guard against what is not finite.
 */
#include "run/trainer_internal.h"

#include <math.h> /* NAN, isfinite */
#include <stdio.h> /* vsnprintf */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "run/checkpoint.h"
#include "run/evaluate.h"
#include "run/workers.h"

/* --- pictures --- */

bool trainer_should_stop(const struct trainer *t)
{
	return atomic_load(&t->stop) || atomic_load(&t->interrupt);
}

static void fill_channel(const struct trainer *t, int i, const double *share)
{
	const struct session_task *st = &t->s->task[i];
	const struct mix_channel *m = &t->s->mix.ch[i];
	struct channel *c = &t->live.ch[i];

	c->weight = m->weight;
	c->factor = m->factor;
	c->share = share[i];
	c->share_auto = m->share < 0;
	c->muted = m->muted;
	c->solo = m->solo;
	c->locked = m->locked;
	c->silent = !mix_active(&t->s->mix, i);
	c->micro_batches = m->drawn;
	c->examples = st->cursor.examples;
	c->tokens = st->cursor.tokens;
	c->epoch = st->cursor.epoch;
}

static void fill(struct trainer *t)
{
	struct snapshot *v = &t->live;
	const struct session *s = t->s;
	double share[MIX_TASKS_MAX];

	v->memory_now = mem_now_bytes();
	v->memory_peak = mem_peak_bytes();
	if (!s)
		return;
	v->step = s->step;
	v->steps = t->last_step;
	v->skipped = s->skipped;
	v->base_lr = s->mix.lr;
	v->clip = s->mix.clip;
	v->gradients_every = s->plan->gradients_every;
	v->dropout = s->mix.dropout;
	str_copy(v->sampling, sizeof v->sampling,
		 sampling_table[s->mix.sampling.kind].name);
	str_copy(v->weighting, sizeof v->weighting,
		 weighting_table[s->mix.weighting.kind].name);
	v->catching_up = t->next_pending < t->n_pending ?
		t->pending[t->n_pending - 1].step : 0;
	mix_shares(&s->mix, share);
	v->tokens = 0;
	for (int i = 0; i < v->n_channels; i++) {
		fill_channel(t, i, share);
		v->tokens += v->ch[i].tokens;
	}
	telemetry_derive(&t->tele, v);
}

void trainer_picture(struct trainer *t, bool now)
{
	double time = clock_now();
	uint64_t one = 1;

	if (!now && time - t->last_picture < 0.1)
		return;
	t->last_picture = time;
	fill(t);
	t->live.serial++;
	pthread_mutex_lock(&t->mutex);
	t->live.ticket = t->answered;
	snapshot_copy(&t->shared, &t->live);
	pthread_mutex_unlock(&t->mutex);
	if (write(t->picture_fd, &one, sizeof one) < 0)
		return; /* full: it is readable already */
}

void trainer_phase(struct trainer *t, enum phase p)
{
	if (t->live.phase == p)
		return;
	t->live.phase = p;
	t->live.work[0] = '\0';
	t->live.work_done = t->live.work_total = 0;
	t->live.work_left = -1;
	trainer_picture(t, true);
}

void trainer_say(struct trainer *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->live.message, sizeof t->live.message, fmt, ap);
	va_end(ap);
}

/* What does not change any more once the session is there. */
void trainer_channels(struct trainer *t)
{
	const struct session *s = t->s;
	struct snapshot *v = &t->live;

	v->n_channels = s->n_tasks;
	v->ch = xcalloc((size_t)s->n_tasks, sizeof *v->ch);
	v->workers = workers_count(s->workers);
	v->parameters = 0;
	for (int p = 0; p < s->params.n; p++)
		v->parameters += param_count(&s->params, p);
	for (int i = 0; i < s->n_tasks; i++) {
		const struct session_task *st = &s->task[i];
		struct channel *c = &v->ch[i];

		str_copy(c->name, sizeof c->name, s->plan->tasks[i].name);
		c->kind = s->plan->tasks[i].kind;
		c->metric = s->plan->tasks[i].metrics[0];
		c->loss = c->smooth = c->dev = c->dev_before = c->dev_best = NAN;
		c->baseline = c->grad_norm = c->effective = NAN;
		c->dev_step = -1;
		c->n_train = dataset_size(st->train);
		c->n_dev = st->dev ? dataset_size(st->dev) : 0;
		c->bad_rows = row_report_bad(dataset_report(st->train));
		curve_init(&c->curve);
	}
}

void trainer_add_journal(struct trainer *t, const struct journal_entry *e)
{
	struct snapshot *v = &t->live;

	if (v->n_journal == SNAPSHOT_JOURNAL) {
		memmove(v->journal, v->journal + 1,
			sizeof *v->journal * (SNAPSHOT_JOURNAL - 1));
		v->n_journal--;
	}
	v->journal[v->n_journal++] = *e;
}

/* --- evaluations --- */

static enum status evaluate_one(struct trainer *t, int task, bool scheduled,
				struct err *err)
{
	struct eval_options o = { .max_examples = t->s->plan->eval_examples,
				  .keep = DEV_KEPT, .greedy = true };
	struct evaluation e;
	enum status st = evaluate_task(t->s, task, &o, &t->pg, &e, err);

	if (st)
		return st;
	e.row.scheduled = scheduled;
	st = store_eval(t->store, &e.row, err);
	if (!st)
		st = store_dev_rows(t->store, task, e.dev_rows, e.n_kept, err);
	if (!st)
		st = store_predictions(t->store, t->s->timeline, t->s->step, task, e.kept,
				       e.n_kept, err);
	if (!st)
		telemetry_eval(&t->live, &e.row);
	evaluation_release(&e);
	return st;
}

/* Of every task with dev rows; dropped when the user wants to stop. */
enum status trainer_evaluate(struct trainer *t, bool scheduled, struct err *err)
{
	enum phase before = t->live.phase;
	enum status st = ST_OK;

	trainer_phase(t, PHASE_EVALUATING);
	for (int i = 0; i < t->s->n_tasks && !st; i++)
		if (t->s->task[i].dev && dataset_size(t->s->task[i].dev))
			st = evaluate_one(t, i, scheduled, err);
	if (!st && scheduled)
		st = store_predictions_trim(t->store, EVALS_KEPT, err);
	if (!st)
		st = store_flush(t->store, err);
	if (!st)
		t->live.evals++;
	if (st == ST_BUSY && trainer_should_stop(t))
		st = ST_STOPPED;
	trainer_phase(t, before);
	return st;
}

enum status trainer_baselines(struct trainer *t, struct err *err)
{
	struct eval_row row;
	enum status st = ST_OK;

	for (int i = 0; i < t->s->n_tasks && !st; i++) {
		if (!t->s->task[i].dev || !dataset_size(t->s->task[i].dev))
			continue;
		st = evaluate_baseline(t->s, i, t->s->plan->eval_examples, &row, err);
		if (!st)
			st = store_eval(t->store, &row, err);
		if (!st)
			telemetry_eval(&t->live, &row);
	}
	return st;
}

/* --- checkpoints --- */

/* The mean of the strips' metrics in the last evaluation. */
static double score_of(const struct snapshot *v)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < v->n_channels; i++)
		if (isfinite(v->ch[i].dev)) {
			sum += v->ch[i].dev;
			n++;
		}
	return n ? sum / n : NAN;
}

/* name NULL: only when the state is not on the disk yet. */
enum status trainer_save(struct trainer *t, const char *name, struct err *err)
{
	struct checkpoint_row row;
	enum phase before = t->live.phase;
	enum status st;

	if (!name && t->saved_step == t->s->step && t->saved_seq == t->journal_seq)
		return ST_OK;
	trainer_phase(t, PHASE_SAVING);
	st = store_flush(t->store, err);
	if (!st)
		st = checkpoint_save(t->s, t->store, t->run_path, name ? name : "",
				     t->journal_seq, score_of(&t->live), &row, err);
	if (!st) {
		t->saved_step = t->s->step;
		t->saved_seq = t->journal_seq;
		t->live.checkpoint_step = t->s->step;
		str_copy(t->live.state, sizeof t->live.state, row.state);
	}
	trainer_phase(t, before);
	return st;
}

/* --- after a step --- */

/* Which task's loss was not finite; none: the gradient's norm. */
static void name_culprit(const struct trainer *t, const struct step_row *r, char *out,
			 size_t cap)
{
	for (int k = 0; k < r->n; k++)
		if (!isfinite(r->task[k].loss)) {
			str_format(out, cap, "loss of %s not finite: update skipped",
				   t->s->plan->tasks[r->task[k].task].name);
			return;
		}
	str_format(out, cap, "gradient norm %s: update skipped",
		   isfinite(r->grad_norm) ? "too large" : "not finite");
}

/*
 * An update that was not made goes into the journal as a note; in a replay
 * guards are silent, the journal has said it already.
 */
static enum status guard(struct trainer *t, const struct step_row *r, struct err *err)
{
	char text[160];
	enum status st = ST_OK;

	t->skips = r->skipped ? t->skips + 1 : 0;
	if (!r->skipped)
		return ST_OK;
	name_culprit(t, r, text, sizeof text);
	trainer_say(t, "step %lld: %s", (long long)r->step, text);
	if (t->next_pending >= t->n_pending)
		st = trainer_note(t, text, err);
	if (!st && t->skips >= SKIPS_MAX)
		st = err_set(err, ST_FAILED, "%d updates in a row skipped, the last at step "
			     "%lld: %s; lower lr or a weight", t->skips,
			     (long long)r->step, text);
	return st;
}

static bool is_due(int64_t step, int64_t every)
{
	return every > 0 && step % every == 0;
}

enum status trainer_after_step(struct trainer *t, const struct step_report *r,
			       struct err *err)
{
	const struct plan *p = t->s->plan;
	double now = clock_now();
	enum status st = store_step(t->store, t->s->timeline, &r->row, err);

	t->live.clip = t->s->mix.clip; /* of this step, whenever the last picture was */
	telemetry_step(&t->tele, &t->live, &r->row);
	for (int i = 0; i < r->n_gradients; i++) {
		store_gradient(t->store, &r->gradient[i]);
		telemetry_gradient(&t->live, &r->gradient[i]);
	}
	if (!st)
		st = guard(t, &r->row, err);
	if (!st && (now - t->last_flush >= 1 || is_due(t->s->step, p->eval_every))) {
		t->last_flush = now;
		st = store_flush_soon(t->store, err);
	}
	if (!st && is_due(t->s->step, p->eval_every)) {
		st = trainer_evaluate(t, true, err);
		if (st == ST_STOPPED)
			st = ST_OK; /* that evaluation is dropped */
	}
	if (!st && is_due(t->s->step, p->checkpoint_every))
		st = trainer_save(t, NULL, err);
	return st;
}
