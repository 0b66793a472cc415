/*
 * checkpoint_find.c - the checkpoints of a run as the folders tell of them: their
 * names, which are sound, which one is meant. Only the best is the store's word.
 */
#include "rundir/checkpoint_own.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "rundir/imported.h"
#include "rundir/run_open.h"
#include "store/line.h"

enum status checkpoint_path(const char *folder, const char *name, char out[PATH_MAX],
			    struct err *err)
{
	if (str_format(out, PATH_MAX, "%s/%s", folder, name))
		return ST_OK;
	return err_set(err, ST_INVALID, "path too long: '%.200s...'", folder);
}

/* --- names --- */

enum status checkpoint_place(const char *run, const char *checkpoints, struct err *err)
{
	if (!file_exists(run))
		return err_set(err, ST_NOT_FOUND, "the run's folder is gone, and with it what was "
			       "kept: '%s'", run);
	return file_mkdirs(checkpoints, 0700, err);
}

void checkpoint_folder_name(int64_t step, int timeline, int revision, char out[64])
{
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "step-%06lld", (long long)step);
	if (timeline)
		buf_addf(&b, "-t%d", timeline);
	if (revision)
		buf_addf(&b, ".%d", revision);
	str_copy(out, 64, b.s);
	buf_release(&b);
}

/* Digits at *p as a number; moves behind them. */
static int64_t take_number(const char **p)
{
	char digits[20];
	size_t n = strspn(*p, "0123456789");
	int64_t x = -1;

	if (n && n < sizeof digits) {
		memcpy(digits, *p, n);
		digits[n] = '\0';
		parse_i64(digits, &x);
	}
	*p += n;
	return x;
}

/* Only what checkpoint_folder_name() writes is a name. */
bool checkpoint_folder_parse(const char *name, struct checkpoint_info *out)
{
	const char *p = name + 5;
	int64_t timeline = 0, revision = 0;
	char again[64];

	if (!str_starts(name, "step-"))
		return false;
	*out = (struct checkpoint_info){ .step = take_number(&p),
					  .score = NAN, .loss = NAN };
	if (str_starts(p, "-t")) {
		p += 2;
		timeline = take_number(&p);
	}
	if (*p == '.') {
		p++;
		revision = take_number(&p);
	}
	if (*p || out->step < 0 || timeline < 0 || timeline > INT32_MAX ||
	    revision < 0 || revision > INT32_MAX)
		return false;
	out->timeline = (int)timeline;
	out->revision = (int)revision;
	checkpoint_folder_name(out->step, out->timeline, out->revision, again);
	return str_eq(name, again) && str_copy(out->folder, sizeof out->folder, name);
}

/* --- the list --- */

/* Files that are missing or have another size: seen without reading them. */
static enum status check_sizes(const char *folder, const struct checkpoint_state *c,
			       struct err *err)
{
	for (int i = 0; i < CHECKPOINT_FILES; i++) {
		const char *name = checkpoint_has_file(c, (enum checkpoint_file)i);
		char path[PATH_MAX];
		struct file_id id;
		enum status st = name ? checkpoint_path(folder, name, path, err) : ST_OK;

		if (!name)
			continue;
		if (st)
			return st;
		if (file_id(path, &id, NULL))
			return err_set(err, ST_CORRUPT, "%s: missing", name);
		if (id.size != c->file[i].bytes)
			return err_set(err, ST_CORRUPT, "%s: %llu bytes where %llu were "
				       "written", name, (unsigned long long)id.size,
				       (unsigned long long)c->file[i].bytes);
	}
	return ST_OK;
}

/* False: it went away meanwhile, as a run that goes on lets them go. */
static bool look_at(const char *folder, struct checkpoint_info *info)
{
	struct checkpoint_state *c = NULL;
	struct err why = { "" };
	enum status st = checkpoint_state_load(folder, &c, &why);

	if (!st)
		st = check_sizes(folder, c, &why);
	if (!st && (c->step != info->step || c->timeline != info->timeline))
		st = err_set(&why, ST_CORRUPT, "state.json: of another step, %lld",
			     (long long)c->step);
	if (st && !file_exists(folder)) {
		checkpoint_state_free(c);
		return false;
	}
	info->complete = !st;
	info->other_format = st == ST_INVALID;
	if (st)
		str_copy(info->trouble, sizeof info->trouble, why.text);
	if (c && !st) {
		info->journal_seq = c->journal_seq;
		info->horizon = c->held->mix.horizon;
		str_copy(info->name, sizeof info->name, c->name);
		str_copy(info->state, sizeof info->state, c->state);
	}
	checkpoint_state_free(c);
	return true;
}

static int compare(int64_t a, int64_t b)
{
	return (a < b) - (a > b);
}

/* Newest first: by timeline, step, revision; those that were left behind the others. */
static int newer_first(const void *pa, const void *pb)
{
	const struct checkpoint_info *a = pa, *b = pb;
	int c = compare(!a->is_left, !b->is_left);

	if (!c)
		c = compare(a->timeline, b->timeline);
	if (!c)
		c = compare(a->step, b->step);
	return c ? c : compare(a->revision, b->revision);
}

/* Which ones a run left when it went back, as its store says. */
static enum status mark_left(const char *run, struct store *st,
			     struct checkpoint_info *list, size_t n, struct err *err)
{
	struct store *own = NULL;
	struct line line = { 0 };
	char path[PATH_MAX];
	enum status status = ST_OK;

	if (!st) {
		status = checkpoint_path(run, "run.db", path, err);
		if (status || !n || !file_exists(path))
			return status;
		status = run_store(run, &own, err);
	}
	if (!status)
		status = store_line(st ? st : own, &line, err);
	for (size_t i = 0; i < n && !status; i++)
		list[i].is_left = !line_has_state(&line, list[i].timeline, list[i].step,
						  list[i].journal_seq);
	line_release(&line);
	store_close(own);
	return status;
}

enum status checkpoint_list(const char *run, struct checkpoint_info **out, int *n,
			    struct err *err)
{
	return checkpoint_list_of(run, NULL, out, n, err);
}

/* `gone`: one went away under the look, and what came in its place may be missed. */
static enum status look_once(const char *all, struct checkpoint_info **list, size_t *count,
			     bool *gone, struct err *err)
{
	enum status st = ST_OK;
	size_t cap = 0;
	char folder[PATH_MAX];
	struct dirent *e;
	DIR *d = opendir(all);

	*gone = false;
	if (!d && errno != ENOENT)
		return err_sys(err, "cannot read folder '%s'", all);
	while (d && !*gone && (e = readdir(d))) {
		struct checkpoint_info info;

		if (!checkpoint_folder_parse(e->d_name, &info))
			continue;
		st = checkpoint_path(all, e->d_name, folder, err);
		if (st)
			break;
		*gone = !look_at(folder, &info);
		ARRAY_GROW(*list, *count, cap);
		(*list)[(*count)++] = info;
	}
	if (d)
		closedir(d);
	return st;
}

enum status checkpoint_list_of(const char *run, struct store *store,
			       struct checkpoint_info **out, int *n, struct err *err)
{
	struct checkpoint_info *list = NULL;
	size_t count = 0;
	bool gone = true;
	char all[PATH_MAX];
	enum status st = checkpoint_path(run, "checkpoints", all, err);

	*out = NULL;
	*n = 0;
	for (int i = 0; i < CHECKPOINT_TRIES && gone && !st; i++) {
		xfree(list);
		list = NULL;
		count = 0;
		st = look_once(all, &list, &count, &gone, err);
	}
	if (!st)
		st = mark_left(run, store, list, count, err);
	if (count)
		qsort(list, count, sizeof *list, newer_first);
	*out = list;
	*n = (int)count;
	return st;
}

/* --- the one that is meant --- */

static int newest_up_to(const struct checkpoint_info *list, int n, int64_t step)
{
	for (int i = 0; i < n; i++)
		if (!list[i].is_left && (step < 0 || list[i].step <= step))
			return i;
	return -1;
}

static enum status pick(const char *run, int64_t step, struct checkpoint_info *list,
			int n, int *at, struct err *err)
{
	enum status st = ST_OK;

	*at = -1;
	if (step == CHECKPOINT_BEST)
		st = checkpoint_scores(list, n, run, NULL, err);
	if (st)
		return st;
	if (step == CHECKPOINT_BEST)
		*at = checkpoint_best(list, n, RANK_LAST);
	if (*at < 0)
		*at = newest_up_to(list, n, step);
	if (*at >= 0)
		return ST_OK;
	st = imported_refuse(run, err);
	if (st)
		return st;
	if (step < 0)
		return err_set(err, ST_NOT_FOUND, "no checkpoint in '%s'", run);
	return err_set(err, ST_NOT_FOUND, "no checkpoint at or below step %lld in '%s'",
		       (long long)step, run);
}

/* A damaged one is never passed over in silence for another: it is named. */
static enum status take(const char *run, const struct checkpoint_info *c, int64_t asked,
			struct checkpoint_choice *out, struct err *err)
{
	*out = (struct checkpoint_choice){ .step = c->step, .asked = asked,
					   .score = c->score, .is_scored = !isnan(c->score) };
	if (!str_format(out->folder, sizeof out->folder, "%s/checkpoints/%s", run,
			c->folder))
		return err_set(err, ST_INVALID, "path too long: '%.200s...'", run);
	if (c->complete)
		return ST_OK;
	if (c->other_format)
		return err_set(err, ST_INVALID, "checkpoint '%s': %s", c->folder, c->trouble);
	err_set(err, ST_CORRUPT, "%s", c->trouble);
	return checkpoint_damaged(out->folder, ST_CORRUPT, err);
}

enum status checkpoint_choose(const char *run, int64_t step,
			      struct checkpoint_choice *out, struct err *err)
{
	struct checkpoint_info *list = NULL;
	int n = 0, at;
	enum status st = checkpoint_list(run, &list, &n, err);

	*out = (struct checkpoint_choice){ .step = -1 };
	if (!st)
		st = pick(run, step, list, n, &at, err);
	if (!st)
		st = take(run, &list[at], step, out, err);
	xfree(list);
	return st;
}

void checkpoint_words(const struct checkpoint_choice *c, char out[128])
{
	if (c->asked >= 0 && c->asked != c->step)
		str_format(out, 128, "step %lld: no checkpoint of step %lld is kept",
			   (long long)c->step, (long long)c->asked);
	else if (c->asked == CHECKPOINT_BEST && c->is_scored)
		str_format(out, 128, "step %lld, the best (score %.4f)",
			   (long long)c->step, c->score);
	else if (c->asked == CHECKPOINT_BEST)
		str_format(out, 128, "step %lld, the newest: none has a score",
			   (long long)c->step);
	else
		str_format(out, 128, "step %lld", (long long)c->step);
}

enum status checkpoint_find(const char *run, int64_t step, char *folder, size_t cap,
			    struct err *err)
{
	struct checkpoint_choice c;
	enum status st = checkpoint_choose(run, step, &c, err);

	if (!st && !str_copy(folder, cap, c.folder))
		st = err_set(err, ST_INVALID, "path too long: '%.200s...'", run);
	return st;
}

enum { GONE_MAX = 8 }; /* a run that writes and lets go faster than anybody can read */

enum status checkpoint_with(const char *run, int64_t step, struct checkpoint_choice *out,
			    checkpoint_user use, void *arg, struct err *err)
{
	enum status st = ST_OK;

	for (int gone = 0; gone < GONE_MAX; gone++) {
		st = checkpoint_choose(run, step, out, err);
		if (st)
			return st;
		st = checkpoint_sound(out->folder, err);
		if (!st)
			st = use(arg, out->folder, err);
		if (!st || st == ST_STOPPED || file_exists(out->folder))
			return st;
	}
	return st;
}

/* --- what a crash left --- */

enum status checkpoint_sweep(const char *run, struct err *err)
{
	char all[PATH_MAX], path[PATH_MAX];
	enum status st = checkpoint_path(run, "checkpoints", all, err);
	struct dirent *e;
	DIR *d = st ? NULL : opendir(all);

	if (!d && !st && errno != ENOENT)
		return err_sys(err, "cannot read folder '%s'", all);
	while (d && !st && (e = readdir(d))) {
		if (!str_starts(e->d_name, ".tmp-") && !str_starts(e->d_name, ".old-"))
			continue;
		st = checkpoint_path(all, e->d_name, path, err);
		if (!st)
			st = file_remove_tree(path, err);
	}
	if (d)
		closedir(d);
	return st;
}
