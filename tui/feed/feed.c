/*
 * feed.c - the feed of a live trainer.
 */
#include "feed.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "rundir/rundir.h"
#include "store_visit.h"
#include "trainer/trainer.h"

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

enum status feed_store_predictions(void *arg, const char *run_path, int task,
				   struct prediction_set *out, struct err *err)
{
	(void)arg;
	return visit_predictions(run_path, task, VISIT_ANY, out, err);
}

enum status feed_store_before(void *arg, const char *run_path, int task, int64_t step,
			      struct prediction_set *out, struct err *err)
{
	(void)arg;
	if (step <= 0)
		return err_set(err, ST_NOT_FOUND, "no evaluation before the first");
	return visit_predictions(run_path, task, step - 1, out, err);
}

enum status feed_store_history(void *arg, const char *run_path, int task, int64_t row,
			       struct prediction_set *out, int64_t **steps,
			       struct err *err)
{
	(void)arg;
	return visit_history(run_path, task, row, VISIT_ANY, out, steps, err);
}

enum status feed_store_journal(void *arg, const char *run_path,
			       struct journal_entry **out, int *n, struct err *err)
{
	(void)arg;
	return visit_journal(run_path, out, n, err);
}

enum status feed_store_imported(void *arg, const char *run_path,
				struct imported_task **out, int *n, struct err *err)
{
	(void)arg;
	return imported_read(run_path, out, n, err);
}

enum status feed_store_steps(void *arg, const char *run_path, int64_t from, int64_t to,
			     int64_t span, int64_t take,
			     void (*each)(void *arg, const struct step_row *r),
			     void *each_arg, struct err *err)
{
	(void)arg;
	return visit_steps(run_path, from, to, span, take, each, each_arg, err);
}

enum status feed_store_picture(void *arg, const char *run_path, const char *name,
			       struct snapshot *out, struct err *err)
{
	const char *slash = strrchr(run_path, '/');
	char root[PATH_MAX], path[PATH_MAX];
	enum status st;

	(void)arg;
	str_format(root, sizeof root, "%.*s", slash ? (int)(slash - run_path) : 1,
		   slash ? run_path : ".");
	st = rundir_find(root, name, path, err);
	return st ? st : ended_run_read(path, out, err);
}

void feed_trainer(struct feed *f, struct trainer *t)
{
	*f = (struct feed){ .arg = t, .is_live = true, .fd = live_fd, .snapshot = live_snapshot,
			    .post = live_post, .answer = live_answer, .stop = live_stop,
			    .predictions = feed_store_predictions,
			    .predictions_before = feed_store_before,
			    .history = feed_store_history, .journal = feed_store_journal,
			    .checkpoints = visit_checkpoints,
			    .steps = feed_store_steps, .picture = feed_store_picture };
}
