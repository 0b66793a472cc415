/*
 * sweep_look.c - a point's run folder: whose is it, and how far.
 */
#include "sweep/sweep_look.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "rundir/checkpoint.h"
#include "rundir/run_open.h"
#include "rundir/rundir.h"

/* --- is it of the same plan --- */

static void forget_labels(struct plan_task *t)
{
	for (int i = 0; i < t->n_labels; i++)
		xfree(t->labels[i]);
	xfree(t->labels);
	t->labels = NULL;
	t->n_labels = 0;
}

static void keep_path_end(char path[PATH_MAX])
{
	char end[PATH_MAX];

	str_copy(end, sizeof end, *path ? str_path_end(path) : "");
	str_copy(path, PATH_MAX, end);
}

/*
 * What a run wrote down of its data, where the plan leaves it to them, and what changes
 * nothing is not compared.
 */
static void make_alike(struct plan *p, const struct plan *wanted, bool is_afar)
{
	p->note[0] = '\0';
	if (is_afar)
		keep_path_end(p->vocab);
	if (is_afar)
		keep_path_end(p->init);
	for (int i = 0; i < p->n_tasks; i++) {
		struct plan_task *t = &p->tasks[i];
		int k = plan_task_find(wanted, t->name);

		t->note[0] = '\0';
		if (k >= 0 && !wanted->tasks[k].n_labels)
			forget_labels(t);
		if (k >= 0 && wanted->tasks[k].lr < 0)
			t->lr = -1; /* as its init had it */
		if (k >= 0 && !(wanted->tasks[k].number_range[0] <
				wanted->tasks[k].number_range[1]))
			t->number_range[0] = t->number_range[1] = 0;
		if (is_afar) {
			keep_path_end(t->train);
			keep_path_end(t->dev);
		}
	}
}

static void take_line(const char *text, char *out, size_t cap)
{
	size_t n;

	text += strspn(text, " ");
	n = strcspn(text, "\n");
	n -= n && text[n - 1] == ',';
	str_format(out, cap, "%.*s", (int)(n < 90 ? n : 90), text);
}

/* The first line that is another one; a plan is written a field a line. */
static enum status refuse_plan(const char *run, const char *have, const char *want,
			       struct err *err)
{
	char a[96], b[96];
	size_t from = 0;

	for (size_t i = 0; have[i] == want[i]; i++)
		if (have[i] == '\n')
			from = i + 1;
	take_line(have + from, a, sizeof a);
	take_line(want + from, b, sizeof b);
	return err_set(err, ST_INVALID, "'%s' is a run of another plan: %s where this "
		       "sweep has %s (--run NAME gives other names, 'tutti rm' removes it)",
		       run, a, b);
}

static enum status compare_plans(const struct sweep *s, int point, struct plan *run_plan,
				 const char *run, struct err *err)
{
	struct plan *wanted = NULL;
	struct buf have, want;
	enum status st = sweep_plan(s, point, &wanted, err);

	if (st)
		return st;
	buf_init(&have);
	buf_init(&want);
	make_alike(run_plan, wanted, s->is_afar);
	make_alike(wanted, wanted, s->is_afar);
	plan_write(run_plan, &have);
	plan_write(wanted, &want);
	if (!str_eq(buf_str(&have), buf_str(&want)))
		st = refuse_plan(run, buf_str(&have), buf_str(&want), err);
	buf_release(&have);
	buf_release(&want);
	plan_free(wanted);
	return st;
}

/* --- how far --- */

static int64_t newest_step(const char *run)
{
	struct checkpoint_info *list = NULL;
	int64_t step = 0;
	int n = 0;

	if (!checkpoint_list(run, &list, &n, NULL))
		for (int i = 0; i < n && !step; i++)
			step = list[i].complete ? list[i].step : 0;
	xfree(list);
	return step;
}

static bool has_dev_rows(const struct plan *p)
{
	for (int i = 0; i < p->n_tasks; i++)
		if (plan_has_dev(&p->tasks[i]))
			return true;
	return false;
}

/*
 * Is the run's last evaluation there? Stopped within it a run is saved without. With
 * eval_end all that is the one of all dev rows, behind the schedule's.
 */
static bool is_evaluated(const struct plan *p, struct store *db, int64_t step)
{
	struct eval_row *row = NULL;
	bool found = false;
	int n = 0;

	if (store_evals_from(db, step, &row, &n, NULL))
		return false;
	for (int i = 0; i < n && !found; i++)
		found = row[i].step == step && (row[i].is_whole || !p->eval_end);
	xfree(row);
	return found;
}

static int count_interventions(struct store *db)
{
	struct journal_entry *e = NULL;
	int n = 0, count = 0;

	if (store_journal_read(db, 0, &e, &n, NULL))
		return 0;
	for (int i = 0; i < n; i++)
		count += !str_starts(e[i].command, "note ");
	xfree(e);
	return count;
}

static void look_at_store(const struct plan *p, struct point_look *out)
{
	struct store *db = NULL;

	out->state = POINT_UNFINISHED;
	out->step = newest_step(out->path);
	if (run_store(out->path, &db, NULL))
		return; /* a resume says what is wrong with it */
	if (p->steps && out->step >= p->steps &&
	    (!has_dev_rows(p) || is_evaluated(p, db, out->step)))
		out->state = POINT_FINISHED;
	out->interventions = count_interventions(db);
	store_close(db);
}

/* --- the folder --- */

static bool is_remains(const char *name)
{
	static const char *const left[] = { ".", "..", "lock", "run.db", "run.db-wal",
					    "run.db-shm", "run.db-journal",
					    "plan.given.json", "control.sock" };

	for (size_t i = 0; i < sizeof left / sizeof *left; i++)
		if (str_eq(name, left[i]))
			return true;
	return strstr(name, ".tmp-") != NULL;
}

/* Without plan.json: what a start leaves, and nothing of anybody else's? */
static enum status look_at_remains(const char *run, struct err *err)
{
	enum status st = ST_OK;
	struct dirent *e;
	DIR *d = opendir(run);

	if (!d)
		return err_sys(err, "cannot read folder '%s'", run);
	while (!st && (e = readdir(d)))
		if (!is_remains(e->d_name))
			st = err_set(err, ST_INVALID, "'%s' is no run, and holds '%.80s'",
				     run, e->d_name);
	closedir(d);
	return st;
}

/*
 * No plan yet? Then what is there. Between the two looks the plan of a run that begins
 * may have come, and what came with it is nobody else's: false, look again.
 */
static bool has_no_plan(const char *file, struct point_look *out)
{
	enum status st;

	if (file_exists(file))
		return false;
	st = look_at_remains(out->path, &out->why);
	if (st && file_exists(file))
		return false;
	out->state = st ? POINT_OTHER : POINT_REMAINS;
	if (run_is_live(out->path)) /* it began just now */
		out->state = POINT_LIVE;
	return true;
}

static void look_into(const struct sweep *s, int point, struct point_look *out)
{
	char file[PATH_MAX];
	struct plan *plan = NULL;
	enum status st = run_file(out->path, "plan.json", file, &out->why);

	if (!st && has_no_plan(file, out))
		return;
	if (!st)
		st = run_plan(out->path, &plan, &out->why);
	if (!st)
		st = compare_plans(s, point, plan, out->path, &out->why);
	if (st)
		out->state = POINT_OTHER;
	else if (run_is_live(out->path))
		out->state = POINT_LIVE;
	else
		look_at_store(plan, out);
	plan_free(plan);
}

/* *is_there: it is, and *sb says which it was before it was looked at. */
static void look_once(const struct sweep *s, int point, struct point_look *out,
		      struct stat *sb, bool *is_there)
{
	*is_there = !lstat(out->path, sb);
	if (!*is_there && errno == ENOENT) {
		out->state = POINT_ABSENT;
	} else if (!*is_there) {
		out->state = POINT_OTHER;
		err_sys(&out->why, "cannot look at '%s'", out->path);
	} else if (!S_ISDIR(sb->st_mode)) {
		out->state = POINT_OTHER;
		err_set(&out->why, ST_INVALID, "'%s' is no folder", out->path);
	} else {
		look_into(s, point, out);
	}
}

/* Did somebody change the folder, or make it anew, since *was? */
static bool has_changed(const char *path, const struct stat *was)
{
	struct stat sb;

	return lstat(path, &sb) || sb.st_dev != was->st_dev || sb.st_ino != was->st_ino ||
	       sb.st_ctim.tv_sec != was->st_ctim.tv_sec ||
	       sb.st_ctim.tv_nsec != was->st_ctim.tv_nsec;
}

void sweep_look(const struct sweep *s, int point, const char *root,
		struct point_look *out)
{
	enum { LOOKS = 20 }; /* at a folder that is somebody's, and changes while we look */
	struct point_look none = { .state = POINT_ABSENT };
	bool is_there = true;
	struct stat sb;

	*out = none;
	if (!str_format(out->path, sizeof out->path, "%s/%s", root, s->point[point].run)) {
		out->state = POINT_OTHER;
		err_set(&out->why, ST_INVALID, "path too long: '%.200s...'", root);
		return;
	}
	str_copy(none.path, sizeof none.path, out->path);
	for (int i = 0; i < LOOKS; i++) {
		*out = none;
		look_once(s, point, out, &sb, &is_there);
		if (out->state != POINT_OTHER || !is_there || !has_changed(out->path, &sb))
			return;
	}
}

enum status sweep_clear(const char *run, struct err *err)
{
	struct run_lock lock;
	enum status st = run_lock_take(&lock, run, err);
	char plan[PATH_MAX];

	if (st)
		return st;
	st = run_file(run, "plan.json", plan, err);
	if (!st && file_exists(plan))
		st = err_set(err, ST_BUSY, "'%s' was begun meanwhile", run);
	if (!st)
		st = file_remove_tree(run, err);
	run_lock_drop(&lock);
	return st;
}
