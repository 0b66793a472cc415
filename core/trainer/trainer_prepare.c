/*
 * trainer_prepare.c - from a plan to step 0, or from a run folder to the step
 * of its newest checkpoint with the journal's later entries in hand.
 */
#include "trainer/trainer_internal.h"

#include <math.h> /* NAN */
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "data/data_kind.h"
#include "rundir/checkpoint.h"
#include "rundir/imported.h"
#include "rundir/init.h"
#include "rundir/machine.h"
#include "rundir/run_open.h"
#include "store/line.h"
#include "session/guarding.h"
#include "trainer/advance.h"
#include "trainer/branch.h"

/* --- facts --- */

static enum status data_facts(struct trainer *t, int i, struct err *err)
{
	const struct session_task *st = &t->s->task[i];
	const struct plan_task *p = &t->s->plan->tasks[i];
	char key[96], value[PATH_MAX + 64], hash[HASH_TEXT];
	enum status result = ST_OK;

	for (int dev = 0; dev < 2 && !result; dev++) {
		const struct dataset *d = dev ? st->dev : st->train;

		if (!d)
			continue;
		hash_text(dataset_content(d), hash);
		str_format(key, sizeof key, "data.%s.%s", p->name, dev ? "dev" : "train");
		str_format(value, sizeof value, "%s %llu %s", hash,
			   (unsigned long long)dataset_size(d), dev && *p->dev ? p->dev : p->train);
		result = store_set_fact(t->store, key, value, err);
	}
	return result;
}

static enum status norm_facts(struct trainer *t, int i, struct err *err)
{
	const struct plan_task *p = &t->s->plan->tasks[i];
	char key[96], value[40], mean[17], scale[17];

	if (!data_kind(p->kind)->prepare)
		return ST_OK;
	double_to_hex(t->s->task[i].mean, mean);
	double_to_hex(t->s->task[i].scale, scale);
	str_format(key, sizeof key, "norm.%s", p->name);
	str_format(value, sizeof value, "%s %s", mean, scale);
	return store_set_fact(t->store, key, value, err);
}

static enum status store_facts(struct trainer *t, struct err *err)
{
	char value[96];
	enum status st = machine_record(t->store, err);

	str_format(value, sizeof value, "%lld", (long long)clock_unix_ms());
	if (!st)
		st = store_set_fact(t->store, "created", value, err);
	for (int i = 0; i < t->s->n_tasks && !st; i++) {
		st = data_facts(t, i, err);
		if (!st)
			st = norm_facts(t, i, err);
	}
	return st;
}

/* --- a new run --- */

/* The plan as it is followed: labels found in the data are in it by now. */
static enum status write_plan(struct trainer *t, struct err *err)
{
	char path[PATH_MAX];
	struct buf b;
	enum status st = run_file(t->run_path, "plan.json", path, err);

	buf_init(&b);
	plan_write(t->s->plan, &b);
	if (!st)
		st = file_write(path, buf_str(&b), b.len, err);
	buf_release(&b);
	return st;
}

/*
 * The state of step 0. Where it is not random, it is told, and so is the run's store:
 * weights that are others later would be another run.
 */
static enum status start(struct trainer *t, struct err *err)
{
	struct init_report r;
	enum status st = init_start(t->s, &r, err);

	if (!st)
		st = init_check_fact(t->store, t->s->plan, &r, err);
	if (!st)
		st = init_set_facts(t->store, t->s, &r, err);
	if (!st && r.words.len)
		trainer_say_too(t, "%s", buf_str(&r.words));
	init_report_release(&r);
	return st;
}

/*
 * Saved before the first step. With an init it has a name, so that it is kept: a replay
 * begins there, whatever became of the init.
 */
static enum status save_start(struct trainer *t, struct err *err)
{
	return trainer_save(t, plan_has_init(t->s->plan) ? INIT_CHECKPOINT : NULL, err);
}

static enum status prepare_new(struct trainer *t, struct err *err)
{
	struct plan *plan = t->plan;
	enum status st;

	t->plan = NULL; /* the session's from here on, also when it fails */
	st = session_new(plan, NULL, t->workers, &t->pg, &t->s, err);
	if (st)
		return st;
	st = start(t, err);
	if (!st)
		trainer_channels(t);
	if (!st)
		st = trainer_coming_read(t, 0, err);
	if (!st)
		st = trainer_script_past(t, NULL, 0, err);
	if (!st && t->s->plan->epochs > 0) /* before a plan is there that needs it */
		st = store_set_budget(t->store, t->s->plan->steps, err);
	if (!st)
		st = write_plan(t, err);
	if (!st)
		st = store_facts(t, err);
	if (!st)
		st = trainer_baselines(t, err);
	if (!st && trainer_should_stop(t))
		st = err_set(err, ST_STOPPED, "stopped while preparing");
	return st ? st : save_start(t, err);
}

/* --- a resumed run --- */

/*
 * Guards' notes at the journal's end are no course to catch up with: guards say them again
 * where the run comes there again (and they are not written twice).
 */
static void leave_notes(const struct journal_entry *e, int *n)
{
	while (*n && e[*n - 1].who == WHO_GUARD && str_starts(e[*n - 1].command, "note "))
		--*n;
}

static enum status read_journal(struct trainer *t, int64_t seq, struct err *err)
{
	struct journal_entry *all = NULL;
	int n = 0;
	enum status st = store_journal_read(t->store, 0, &all, &n, err);

	for (int i = 0; i < n && !st; i++)
		trainer_add_journal(t, &all[i]);
	for (int i = 0; i < n && !st; i++)
		if (all[i].seq <= seq)
			trainer_take_every(t, &all[i]);
	leave_notes(all, &n);
	if (!st)
		st = store_path(t->store, seq, &t->pending, &t->n_pending, err);
	leave_notes(t->pending, &t->n_pending);
	if (!st)
		st = trainer_script_past(t, all, n, err);
	xfree(all);
	return st;
}

static enum status start_from(struct trainer *t, struct plan *plan, const char *folder,
			      struct err *err)
{
	int64_t seq = 0;
	enum status st = folder[0] ? ST_OK : init_find_again(plan, err);

	if (st) {
		plan_free(plan);
		return st;
	}
	st = session_new(plan, folder[0] ? folder : NULL, t->workers, &t->pg, &t->s, err);
	if (st)
		return st;
	if (folder[0])
		session_start_random(t->s);
	st = folder[0] ? checkpoint_load(t->s, folder, &seq, err) : start(t, err);
	if (st)
		return st;
	init_recall(t->store, t->s);
	trainer_channels(t);
	t->journal_seq = t->resumed_seq = seq;
	if (folder[0]) {
		t->saved_step = t->live.checkpoint_step = t->s->step;
		t->saved_seq = seq;
		t->saved_dev = guarding_dev_step(t->s);
		session_state(t->s, t->live.state);
	}
	st = read_journal(t, seq, err);
	if (!st)
		st = trainer_coming_read(t, seq, err);
	if (!st)
		st = trainer_rebuild(t, err);
	return st ? st : trainer_guards_recall(t, err);
}

/* Bits will not be those of a run that never stopped (I3): said, then it goes on. */
static enum status compare_machine(struct trainer *t, struct err *err)
{
	char words[MACHINE_WORDS];
	enum status st = machine_compare(t->store, words, err);

	if (!st && words[0])
		trainer_say_too(t, "not comparable to the bit: %s", words);
	return st;
}

/* From the newest checkpoint on, or from the start when there is none. */
static enum status go_on(struct trainer *t, bool from_start, struct err *err)
{
	int64_t every = t->s->plan->eval_every.steps;
	enum status st = store_drop_after(t->store, t->s->step, err);

	if (st)
		return st;
	if (from_start) {
		st = store_facts(t, err);
		if (!st)
			st = trainer_baselines(t, err);
		return st ? st : save_start(t, err);
	}
	st = trainer_settle(t, err);
	if (!st && t->s->step > 0 && advance_is_due(t->s->step, every))
		st = trainer_evaluate_due(t, err);
	return st;
}

static bool is_branch(struct trainer *t)
{
	char folder[64];

	return branch_folder(t->store, folder);
}

/* The newest checkpoint; none: the run begins again at step 0. */
static enum status prepare_resume(struct trainer *t, struct err *err)
{
	char folder[PATH_MAX] = "";
	struct plan *plan = NULL;
	enum status st;

	if (imported_is(t->store))
		return imported_no_model(t->run_path, err);
	st = run_plan(t->run_path, &plan, err);
	if (!st)
		st = checkpoint_sweep(t->run_path, err);
	if (!st)
		st = checkpoint_find(t->run_path, CHECKPOINT_NEWEST, folder, sizeof folder,
				     err);
	if (!st)
		st = checkpoint_sound(folder, err);
	if (st == ST_NOT_FOUND) {
		folder[0] = '\0';
		st = is_branch(t) ? err_set(err, ST_NOT_FOUND, "the run began from a checkpoint "
					    "of another one, and it is gone: branch again") :
				    ST_OK;
	}
	if (st) {
		plan_free(plan);
		return st;
	}
	st = start_from(t, plan, folder, err);
	if (!st && folder[0]) /* from the start all steps are this machine's */
		st = compare_machine(t, err);
	if (!st)
		st = go_on(t, !folder[0], err);
	return st == ST_STOPPED && t->s ? ST_OK : st;
}

/* Beyond its schedule a run may learn nothing: the one who asked should know. */
static void say_beyond(struct trainer *t)
{
	const struct plan *p = t->s->plan;
	int64_t ends = t->s->mix.horizon;

	for (int i = t->next_pending; i < t->n_pending; i++)
		if (str_starts(t->pending[i].command, "horizon "))
			parse_i64(t->pending[i].command + 8, &ends);
	if (t->steps_asked >= 0 && t->steps_asked < t->s->step)
		trainer_say_too(t, "nothing to do: --steps %lld is the total, and the run is at "
				"step %lld", (long long)t->steps_asked, (long long)t->s->step);
	if (t->steps_asked <= ends || t->must_extend || p->schedule == SCHEDULE_CONSTANT)
		return;
	trainer_say_too(t, "the schedule ends at step %lld: beyond it the learning rate is "
			"%g, up to step %lld; --extend moves its end", (long long)ends,
			t->s->mix.lr * p->lr_floor, (long long)t->steps_asked);
}

enum status trainer_prepare(struct trainer *t, struct err *err)
{
	enum status st = t->is_new ? prepare_new(t, err) : prepare_resume(t, err);

	if (!st)
		st = store_set_until(t->store, t->steps_asked, err);
	if (!st && t->says_plan && t->s->plan->left_out)
		trainer_say_too(t, "%s", t->s->plan->left_out);
	if (!st)
		say_beyond(t);
	return st;
}
