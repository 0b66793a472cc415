/*
 * trainer_work.c - what the training thread does beside steps: pictures,
 * evaluations, checkpoints, and the guard against what is not finite.
 */
#include "trainer/trainer_internal.h"

#include <math.h> /* NAN, isfinite */
#include <stdio.h> /* vsnprintf */
#include <string.h>
#include <unistd.h>

#include "ask/evaluate.h"
#include "base/clock.h"
#include "base/mem.h"
#include "rundir/best.h"
#include "rundir/checkpoint.h"
#include "session/averaging.h"
#include "session/freezing.h"
#include "session/guarding.h"
#include "session/workers.h"
#include "store/line.h"
#include "trainer/advance.h"

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
	struct freeze_groups groups;

	v->memory_now = mem_now_bytes();
	v->memory_peak = mem_peak_bytes();
	if (!s)
		return;
	v->step = s->step;
	v->steps = trainer_last_step(t);
	v->skipped = s->skipped;
	v->base_lr = s->mix.lr;
	v->clip = s->mix.clip;
	v->gradients_every = s->gradients.every;
	v->dropout = s->mix.dropout;
	freezing_groups(s, &groups);
	snapshot_take_groups(v, &groups);
	v->frozen = s->mix.frozen;
	v->rates = s->mix.rates;
	model_adapter_text(model_config(s->model), v->adapter, sizeof v->adapter);
	snapshot_settle_frozen(v);
	str_copy(v->tokenizer, sizeof v->tokenizer, s->plan->tokenizer_kind);
	snapshot_take_method(v, s->mix.sampling.row, s->mix.sampling.param);
	snapshot_take_method(v, s->mix.weighting.row, s->mix.weighting.param);
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

void trainer_say_too(struct trainer *t, const char *fmt, ...)
{
	char *m = t->live.message;
	size_t n = strlen(m);
	va_list ap;

	if (n && n + 2 < SNAPSHOT_MESSAGE) {
		memcpy(m + n, "; ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	vsnprintf(m + n, SNAPSHOT_MESSAGE - n, fmt, ap);
	va_end(ap);
}

int64_t trainer_last_step(const struct trainer *t)
{
	return t->steps_asked >= 0 ? t->steps_asked : t->s->mix.horizon;
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
		c->rouge_unicode = s->plan->tasks[i].rouge_unicode;
		c->loss = c->smooth = c->dev = c->dev_before = c->dev_best = NAN;
		c->averaged = NAN;
		c->baseline = c->grad_norm = c->effective = c->along = NAN;
		c->dev_step = -1;
		c->n_train = dataset_size(st->train);
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
	actors_take(&t->actors, e);
}

/* --- evaluations --- */

/*
 * Of every task with dev rows, behind e[*n]; nothing is written yet. Of the weights'
 * average with the threshold that was fitted to the weights, and no predictions.
 */
static enum status measure(struct trainer *t, bool scheduled, bool averaged,
			   struct evaluation *e, int *n, struct err *err)
{
	struct eval_options o = { .max_examples = t->s->plan->eval_examples,
				  .keep = averaged ? 0 : DEV_KEPT, .greedy = true,
				  .fit = !averaged };
	enum status st = ST_OK;

	for (int i = 0; i < t->s->n_tasks && !st; i++) {
		if (!evaluate_takes(t->s, i))
			continue;
		st = evaluate_task(t->s, i, &o, &t->pg, &e[*n], err);
		e[*n].row.scheduled = scheduled;
		e[*n].row.is_averaged = averaged;
		*n += !st;
	}
	return st;
}

/* Does the journal have the guard's note at this step? Then it is in the state. */
static enum status is_noted(struct trainer *t, const char *text, bool *is, struct err *err)
{
	struct journal_entry *e = NULL;
	enum status st;
	int n = 0;

	*is = false;
	if (t->next_pending < t->n_pending)
		return ST_OK; /* trainer_note() takes it from there */
	st = store_path(t->store, 0, &e, &n, err);
	for (int i = 0; i < n && !st; i++)
		if (e[i].who == WHO_GUARD && e[i].step == t->s->step &&
		    str_starts(e[i].command, "note ") && str_eq(e[i].command + 5, text)) {
			trainer_is_said(t, e[i].seq);
			*is = true;
		}
	xfree(e);
	return st;
}

/*
 * The message and the journal say when the best begins afresh: once, also when a kill
 * came between an evaluation and its note.
 */
static enum status say_afresh(struct trainer *t, const struct score_row *now,
			      struct err *err)
{
	struct score_row before;
	char names[160], text[256];
	bool is_said;
	enum status st = store_score_last(t->store, now->timeline, now->step - 1,
					  &before, err);

	if (st == ST_NOT_FOUND || (!st && (now->since != now->step || !now->counted)))
		return ST_OK;
	if (st)
		return st;
	best_names(t->s->plan, now->counted, names, sizeof names);
	str_format(text, sizeof text, "the best begins afresh: what counts is now %s",
		   names);
	st = is_noted(t, text, &is_said, err);
	if (st || is_said)
		return st;
	trainer_say(t, "step %lld: %s", (long long)now->step, text);
	return trainer_note(t, text, err);
}

/* All tasks or none (I15): dropped when the user wants to stop. */
static enum status evaluate_all(struct trainer *t, struct score_row *score,
				struct err *err)
{
	struct evaluation *e = xcalloc(2 * (size_t)t->s->n_tasks, sizeof *e);
	uint64_t counted = best_counted(t->s->plan, &t->s->mix);
	int plain = 0, n;
	enum status st = measure(t, score->scheduled, false, e, &plain, err);

	n = plain;
	if (!st && t->s->average) {
		averaging_swap(t->s);
		st = measure(t, score->scheduled, true, e, &n, err);
		averaging_swap(t->s);
	}
	if (!st) {
		best_score(t->s->plan, counted, e, plain, score);
		st = store_flush(t->store, err);
	}
	if (!st)
		st = store_evaluation(t->store, score, e, n,
				      score->scheduled ? EVALS_KEPT : 0, err);
	if (!st && score->scheduled)
		advance_take_dev(t->s, e, plain);
	for (int i = 0; i < n; i++) {
		if (!st)
			telemetry_eval(&t->live, &e[i].row);
		evaluation_release(&e[i]);
	}
	xfree(e);
	t->live.evals += !st;
	return st;
}

enum status trainer_evaluate(struct trainer *t, bool scheduled, struct err *err)
{
	struct score_row score = { .timeline = t->s->timeline, .step = t->s->step,
				   .scheduled = scheduled }, best;
	enum phase before = t->live.phase;
	enum status st;

	trainer_phase(t, PHASE_EVALUATING);
	st = evaluate_all(t, &score, err);
	if (st == ST_BUSY && trainer_should_stop(t))
		st = ST_STOPPED;
	trainer_phase(t, before);
	if (st || !scheduled)
		return st;
	st = say_afresh(t, &score, err);
	if (!st)
		st = store_score_best(t->store, score.timeline, score.step, &best, err);
	if (st)
		return st == ST_NOT_FOUND ? ST_OK : st;
	return best.step == score.step ? trainer_save(t, NULL, err) : ST_OK;
}

enum status trainer_evaluate_due(struct trainer *t, struct err *err)
{
	struct score_row score;
	enum status st = store_score(t->store, t->s->timeline, t->s->step, &score, err);

	if (st && st != ST_NOT_FOUND)
		return st;
	if (st || !score.scheduled)
		return trainer_evaluate(t, true, err);
	/* in the store, perhaps not in a state that was saved before it */
	st = advance_wants_dev(t->s) ? advance_look(t->s, &t->pg, err) : ST_OK;
	return st ? st : say_afresh(t, &score, err);
}

/* --- checkpoints --- */

/* Rows and folders agree; what is best is told. */
enum status trainer_settle(struct trainer *t, struct err *err)
{
	struct checkpoint_row *row = NULL;
	int n = 0;
	enum status st = checkpoint_settle(t->run_path, t->store, t->s->plan->keep, err);

	if (!st)
		st = store_checkpoints_read(t->store, &row, &n, err);
	t->live.best_step = -1;
	for (int i = 0; i < n; i++)
		if (row[i].best)
			t->live.best_step = row[i].step;
	xfree(row);
	return st;
}

/*
 * Its hash stays when the checkpoint goes. Stopped within the evaluation of this very
 * step, with a command given meanwhile, it is no state on the way: the evaluation is made
 * when the run goes on, and comes first when it is made again.
 */
static enum status mark(struct trainer *t, const char *state, struct err *err)
{
	struct score_row score;
	struct mark m = { .timeline = t->s->timeline, .step = t->s->step,
			  .seq = t->journal_seq, .dev_step = guarding_dev_step(t->s) };

	if (m.step > 0 && advance_is_due(m.step, t->s->plan->eval_every.steps) &&
	    (store_score(t->store, m.timeline, m.step, &score, NULL) || !score.scheduled))
		return ST_OK;
	str_copy(m.state, sizeof m.state, state);
	return store_mark(t->store, &m, err);
}

/* name NULL: only when the state is not on the disk yet. */
enum status trainer_save(struct trainer *t, const char *name, struct err *err)
{
	struct checkpoint_row row;
	enum phase before = t->live.phase;
	enum status st;

	if (!name && t->saved_step == t->s->step && t->saved_seq == t->journal_seq &&
	    t->saved_dev == guarding_dev_step(t->s))
		return trainer_settle(t, err);
	trainer_phase(t, PHASE_SAVING);
	st = store_flush(t->store, err);
	if (!st)
		st = checkpoint_save(t->s, t->store, t->run_path, name ? name : "",
				     t->journal_seq, &row, err);
	if (!st)
		st = mark(t, row.state, err);
	if (!st && row.best)
		t->live.best_step = row.step;
	if (!st) {
		t->saved_step = t->s->step;
		t->saved_seq = t->journal_seq;
		t->saved_dev = guarding_dev_step(t->s);
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
 * An update that was not made goes into the journal as a note.
 */
static enum status guard(struct trainer *t, const struct step_row *r, struct err *err)
{
	char text[160];
	bool is_said;
	enum status st = ST_OK;

	if (!r->skipped)
		return ST_OK;
	name_culprit(t, r, text, sizeof text);
	trainer_say(t, "step %lld: %s", (long long)r->step, text);
	st = is_noted(t, text, &is_said, err);
	if (!st && !is_said)
		st = trainer_note(t, text, err);
	if (!st && t->s->skips >= SKIPS_MAX)
		st = err_set(err, ST_FAILED, "%lld updates in a row skipped, the last at step "
			     "%lld: %s; a branch from before that ('tutti branch', --step "
			     "%lld) with a lower lr or weight gets by, and so does who goes "
			     "back in time ('guard finite act')", (long long)t->s->skips,
			     (long long)r->step, text, (long long)(r->step - t->s->skips));
	return st;
}

enum status trainer_stepped(void *arg, const struct step_report *r, struct err *err)
{
	struct trainer *t = arg;
	bool is_due = advance_is_due(t->s->step, t->s->plan->eval_every.steps);
	double now = clock_now();
	enum status st = store_step(t->store, t->s->timeline, &r->row, err);

	t->live.clip = t->s->mix.clip; /* of this step, whenever the last picture was */
	telemetry_step(&t->tele, &t->live, &r->row);
	for (int i = 0; i < r->n_gradients; i++) {
		store_gradient(t->store, &r->gradient[i]);
		telemetry_gradient(&t->live, &r->gradient[i]);
	}
	if (r->conflict) {
		store_conflict(t->store, r->conflict);
		telemetry_conflict(&t->live, r->conflict);
	}
	if (!st)
		st = guard(t, &r->row, err);
	if (!st && (now - t->last_flush >= 1 || is_due)) {
		t->last_flush = now;
		st = store_flush_soon(t->store, err);
	}
	return st;
}

enum status trainer_evaluate_here(void *arg, struct err *err)
{
	enum status st = trainer_evaluate(arg, true, err);

	return st == ST_STOPPED ? ST_OK : st; /* dropped: a resumed run makes it */
}

enum status trainer_save_here(void *arg, struct err *err)
{
	return trainer_save(arg, NULL, err);
}
