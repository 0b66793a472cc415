/*
 * replay.c - the journal applied at its steps to a fresh session, and the
 * state compared with the one that was recorded.
 */
#include "run/replay.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "run/checkpoint.h"
#include "run/command.h"
#include "run/machine.h"

/* The newest checkpoint is loaded for its place in the journal and its hash. */
static enum status open_newest(const char *run, int workers, struct progress *pg,
			       struct session **s, int64_t *seq, struct err *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct plan *plan = NULL;
	enum status st;

	if (!str_format(path, sizeof path, "%s/plan.json", run))
		return err_set(err, ST_INVALID, "path too long: '%s'", run);
	st = checkpoint_find(run, CHECKPOINT_NEWEST, folder, sizeof folder, err);
	if (!st)
		st = checkpoint_sound(folder, err);
	if (!st)
		st = plan_load_stored(path, &plan, err);
	if (st)
		return st;
	st = session_new(plan, folder, workers, pg, s, err);
	return st ? st : checkpoint_load(*s, folder, seq, err);
}

/* Applies the entries of this step; *at moves on. */
static enum status apply(struct session *s, const struct journal_entry *e, int n,
			 int *at, struct err *err)
{
	struct command *c = xmalloc(sizeof *c);
	enum status st = ST_OK;

	for (; *at < n && e[*at].step <= s->step && !st; (*at)++) {
		st = command_parse_entry(e[*at].command, c, err);
		if (!st)
			st = command_apply(c, s, NULL, NULL, err);
		if (st)
			err_wrap(err, st, "journal entry %lld", (long long)e[*at].seq);
	}
	xfree(c);
	return st;
}

static enum status run_again(struct session *s, int64_t to, struct store *store,
			     int64_t seq, struct progress *pg, struct err *err)
{
	struct journal_entry *e = NULL;
	struct step_report report;
	int n = 0, at = 0;
	enum status st = store_journal_read(store, 0, &e, &n, err);

	while (n && e[n - 1].seq > seq)
		n--; /* came after the checkpoint */
	session_start_random(s);
	progress_begin(pg, (uint64_t)to, "steps", "replaying");
	while (!st && s->step < to) {
		st = apply(s, e, n, &at, err);
		if (!st)
			st = session_step(s, &report, err);
		if (!st && progress_tick(pg, (uint64_t)s->step))
			st = err_set(err, ST_STOPPED, "replay stopped at step %lld",
				     (long long)s->step);
	}
	if (!st)
		st = apply(s, e, n, &at, err);
	xfree(e);
	return st;
}

enum status replay_run(const char *run, int workers, struct progress *pg,
		       struct replay_result *out, struct err *err)
{
	struct session *s = NULL;
	struct store *store = NULL;
	char db[PATH_MAX];
	int64_t seq = 0;
	enum status st = open_newest(run, workers, pg, &s, &seq, err);

	memset(out, 0, sizeof *out);
	if (!st && !str_format(db, sizeof db, "%s/run.db", run))
		st = err_set(err, ST_INVALID, "path too long: '%s'", run);
	if (!st)
		st = store_open_readonly(db, &store, err);
	if (!st) {
		out->step = s->step;
		out->comparable = machine_same(store);
		session_state(s, out->recorded);
		st = run_again(s, out->step, store, seq, pg, err);
	}
	if (!st) {
		session_state(s, out->replayed);
		out->same = str_eq(out->recorded, out->replayed);
	}
	store_close(store);
	session_free(s);
	return st;
}
