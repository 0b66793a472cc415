/*
 * rundir.c - where runs are, how they are called, and what a list says of them.
 * A run that cannot be read is listed with its trouble, never left out.
 */
#include "rundir/rundir.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "rundir/checkpoint.h"
#include "rundir/imported.h"
#include "rundir/run_open.h"

enum { RUN_NAME_MAX = 100, NUMBER_TRIES = 10000 };

static bool is_dir(const char *path)
{
	struct stat sb;

	return !stat(path, &sb) && S_ISDIR(sb.st_mode);
}

static enum status join(const char *a, const char *b, char out[PATH_MAX],
			struct err *err)
{
	if (str_format(out, PATH_MAX, "%s/%s", a, b))
		return ST_OK;
	return err_set(err, ST_INVALID, "path too long: '%.200s...'", a);
}

/* --- names and places --- */

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

static bool is_name(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!is_name_char(s[i]))
			return false;
	return n > 0 && n <= RUN_NAME_MAX && s[0] != '.' && !strstr(s, "..");
}

enum status rundir_root(const char *given, char out[PATH_MAX], struct err *err)
{
	if (given)
		return file_absolute(NULL, given, out, PATH_MAX, err);
	if (is_dir("saved_models"))
		return file_absolute(NULL, "saved_models", out, PATH_MAX, err);
	return file_xdg(XDG_DATA, out, PATH_MAX, err);
}

const char *rundir_called(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t folder = (size_t)(name - path);
	char root[PATH_MAX], here[PATH_MAX];
	size_t n;

	if (!rundir_root(NULL, root, NULL) && strlen(root) + 1 == folder &&
	    str_starts(path, root)) {
		str_copy(out, PATH_MAX, name);
		return out;
	}
	str_copy(out, PATH_MAX, path);
	if (!getcwd(here, sizeof here))
		return out;
	n = strlen(here);
	if (str_starts(path, here) && path[n] == '/' && path[n + 1])
		str_format(out, PATH_MAX, "%s%s", strchr(path + n + 1, '/') ? "" : "./",
			   path + n + 1); /* a bare name is one of the root's */
	return out;
}

/* Is anything of a run in this folder? */
static bool is_run(const char *path)
{
	static const char *const parts[] = { "plan.json", "run.db", "checkpoints",
					     "plan.given.json" };
	char file[PATH_MAX];

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (!join(path, parts[i], file, NULL) && file_exists(file))
			return true;
	return false;
}

enum status rundir_find(const char *root, const char *run, char out[PATH_MAX],
			struct err *err)
{
	enum status st;
	size_t n;

	if (is_name(run) && !join(root, run, out, NULL) && is_run(out))
		return ST_OK;
	st = file_absolute(NULL, run, out, PATH_MAX, err);
	if (st)
		return st;
	for (n = strlen(out); n > 1 && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
	if (is_run(out))
		return ST_OK;
	if (is_dir(out))
		return err_set(err, ST_NOT_FOUND, "no run in folder '%s'", out);
	return err_set(err, ST_NOT_FOUND, "no run '%s' in '%s', and no such folder", run,
		       root);
}

/* --- a new run --- */

/* The largest N of the folders BASE-N. */
static int64_t largest_number(const char *root, const char *base)
{
	size_t n = strlen(base);
	int64_t most = 0, x;
	struct dirent *e;
	DIR *d = opendir(root);

	while (d && (e = readdir(d)))
		if (str_starts(e->d_name, base) && e->d_name[n] == '-' &&
		    isdigit((unsigned char)e->d_name[n + 1]) &&
		    parse_i64(e->d_name + n + 1, &x) && x > most && x < INT32_MAX)
			most = x;
	if (d)
		closedir(d);
	return most;
}

static enum status say_taken(const char *root, const char *name, struct err *err)
{
	return err_set(err, ST_BUSY, "a run '%s' is there already, in '%s'", name, root);
}

/* mkdir decides: of two that want the same name, one gets EEXIST. */
static enum status make(const char *root, const char *name, char out[PATH_MAX],
			struct err *err)
{
	enum status st = join(root, name, out, err);

	if (st)
		return st;
	if (!disk_mkdir(out, 0700))
		return file_sync_dir(root, err);
	return errno == EEXIST ? say_taken(root, name, err) :
	       err_sys(err, "cannot make folder '%s'", out);
}

static enum status make_numbered(const char *root, const char *base,
				 char out[PATH_MAX], struct err *err)
{
	char clean[64], name[96];
	int64_t number;
	enum status st = ST_BUSY;

	str_copy(clean, sizeof clean, base && *base ? base : "run");
	for (char *p = clean; *p; p++)
		if (!is_name_char(*p) || (*p == '.' && (p == clean || p[-1] == '.')))
			*p = '-';
	number = largest_number(root, clean);
	for (int i = 0; i < NUMBER_TRIES && st == ST_BUSY; i++) {
		str_format(name, sizeof name, "%s-%lld", clean, (long long)++number);
		st = make(root, name, out, err);
	}
	return st;
}

static enum status check_name(const char *name, struct err *err)
{
	if (is_name(name))
		return ST_OK;
	return err_set(err, ST_INVALID, "no name for a run: '%.100s' (letters, digits, '.', "
		       "'_', '-'; no dot first, no '..')", name);
}

enum status rundir_create(const char *root, const char *name, const char *base,
			  char out[PATH_MAX], struct err *err)
{
	enum status st = name ? check_name(name, err) : ST_OK;

	if (!st)
		st = file_mkdirs(root, 0700, err);
	if (st)
		return st;
	return name ? make(root, name, out, err) : make_numbered(root, base, out, err);
}

/* --- a new run that is made at once --- */

#define BESIDE_OF ".%s.new-" /* then the process that makes it */
enum { BESIDE_LEFT = 60 };   /* s: no process is still before its lock */

/* Nobody makes it any more: it has a lock that nobody holds. */
static bool is_left(const char *beside)
{
	char lock[PATH_MAX];
	struct file_id id;

	return !join(beside, "lock", lock, NULL) && !file_id(lock, &id, NULL) &&
	       id.mtime_ns / 1000000 + 1000 * BESIDE_LEFT < clock_unix_ms() &&
	       !run_is_live(beside);
}

static void remove_left(const char *root, const char *name)
{
	char begin[RUN_NAME_MAX + 16], path[PATH_MAX];
	struct dirent *e;
	DIR *d = opendir(root);

	str_format(begin, sizeof begin, BESIDE_OF, name);
	while (d && (e = readdir(d)))
		if (str_starts(e->d_name, begin) && !join(root, e->d_name, path, NULL) &&
		    is_left(path))
			file_remove_tree(path, NULL);
	if (d)
		closedir(d);
}

enum status rundir_begin(const char *root, const char *name, char beside[PATH_MAX],
			 struct run_lock *lock, struct err *err)
{
	enum status st = check_name(name, err);
	char run[PATH_MAX];

	beside[0] = '\0';
	lock->fd = -1;
	if (!st)
		st = join(root, name, run, err);
	if (!st && file_exists(run))
		st = say_taken(root, name, err);
	if (!st)
		st = file_mkdirs(root, 0700, err);
	if (st)
		return st;
	remove_left(root, name);
	if (!str_format(beside, PATH_MAX, "%s/" BESIDE_OF "%lld", root, name,
			(long long)getpid()))
		return err_set(err, ST_INVALID, "path too long: '%.200s...'", root);
	if (is_left(beside)) /* of a process that had this one's number */
		file_remove_tree(beside, NULL);
	if (disk_mkdir(beside, 0700)) {
		st = err_sys(err, "cannot make folder '%s'", beside);
		beside[0] = '\0'; /* it is not ours */
		return st;
	}
	st = run_lock_take(lock, beside, err);
	if (st)
		rundir_abandon(beside, lock);
	return st;
}

enum status rundir_publish(const char *root, const char *name, const char *beside,
			   char run[PATH_MAX], struct err *err)
{
	enum status st = join(root, name, run, err);

	if (!st)
		st = file_sync_dir(beside, err);
	if (!st)
		st = file_rename_new(beside, run, err);
	if (st == ST_BUSY)
		return say_taken(root, name, err);
	return st ? st : file_sync_dir(root, err);
}

void rundir_abandon(const char *beside, struct run_lock *lock)
{
	if (*beside)
		file_remove_tree(beside, NULL);
	run_lock_drop(lock);
}

/* --- what a list says --- */

static void trouble(struct run_info *r, const char *text)
{
	if (!r->trouble[0])
		str_copy(r->trouble, sizeof r->trouble, text);
}

/* Only what a list shows: data files that are gone are no trouble here. */
static void read_plan(struct run_info *r, const struct json *root)
{
	const struct json *budget = json_get(root, "budget");
	const struct json *steps = budget ? json_get(budget, "steps") : NULL;
	const struct json *epochs = budget ? json_get(budget, "epochs") : NULL;
	const struct json *tasks = json_get(root, "tasks");
	struct buf b;

	if (!(steps && json_int(steps, &r->steps)) &&
	    !(epochs && json_type(epochs) == JSON_NUMBER))
		tasks = NULL;
	if (!tasks || json_type(tasks) != JSON_OBJECT) {
		r->steps = 0;
		trouble(r, "plan.json: no plan");
		return;
	}
	buf_init(&b);
	for (const struct json *t = json_first(tasks); t; t = json_next(t))
		buf_addf(&b, "%s%s", b.len ? " " : "", json_key(t));
	str_copy(r->tasks, sizeof r->tasks, buf_str(&b));
	buf_release(&b);
}

static void look_at_plan(struct run_info *r)
{
	char path[PATH_MAX];
	struct json *root = NULL;
	struct file_id id;
	struct err why = { "" };
	enum status st = join(r->path, "plan.json", path, &why);

	if (!st && !file_exists(path))
		st = err_set(&why, ST_NOT_FOUND, "it never began: no plan.json");
	if (!st)
		st = file_id(path, &id, &why);
	if (!st) {
		r->created_ms = id.mtime_ns / 1000000;
		st = json_load(path, PLAN_SIZE_MAX, &root, &why);
	}
	if (st)
		trouble(r, why.text);
	else
		read_plan(r, root);
	json_free(root);
}

/* An SQLite file says so in its first bytes; more is the store's business. */
static void look_at_store(struct run_info *r)
{
	static const char magic[16] = "SQLite format 3";
	char path[PATH_MAX];
	struct file_map m = { "", 0 };
	struct err why = { "" };
	enum status st = join(r->path, "run.db", path, &why);

	if (!st && !file_exists(path))
		st = err_set(&why, ST_NOT_FOUND, "no run.db");
	if (!st)
		st = file_map(path, &m, &why);
	if (!st && (m.len < sizeof magic || memcmp(m.p, magic, sizeof magic)))
		st = err_set(&why, ST_CORRUPT, "damaged run.db");
	file_unmap(&m);
	if (st)
		trouble(r, why.text);
}

static void look_at_checkpoints(struct run_info *r)
{
	struct checkpoint_info *list = NULL;
	struct err why = { "" };
	char text[256];
	int n = 0;

	if (checkpoint_list(r->path, &list, &n, &why))
		trouble(r, why.text);
	for (int i = 0; i < n; i++) {
		if (list[i].complete) {
			r->step = list[i].step;
			r->steps = list[i].horizon;
			str_copy(r->state, sizeof r->state, list[i].state);
			break;
		}
		str_format(text, sizeof text, "damaged checkpoint '%s': %s",
			   list[i].folder, list[i].trouble);
		trouble(r, text);
	}
	xfree(list);
}

/*
 * What it was last told to end at, which --steps may have put before its schedule's end.
 * Whether anybody trained it stands beside that.
 */
static void look_at_end(struct run_info *r)
{
	struct store *db;
	int64_t until;

	if (r->trouble[0] || run_store(r->path, &db, NULL))
		return;
	r->is_imported = imported_is(db);
	until = store_until(db);
	if (until >= 0)
		r->steps = until;
	else if (!r->steps) /* a budget in epochs, and no checkpoint yet */
		r->steps = store_budget(db);
	store_close(db);
}

static void look_at_best(struct run_info *r)
{
	struct checkpoint_choice c;

	r->best = checkpoint_choose(r->path, CHECKPOINT_BEST, &c, NULL) ? -1 : c.step;
}

static void look_at(struct run_info *r)
{
	r->live = run_is_live(r->path);
	look_at_plan(r);
	look_at_store(r);
	look_at_checkpoints(r);
	look_at_end(r);
	look_at_best(r);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct run_info *)a)->name,
		      ((const struct run_info *)b)->name);
}

void rundir_look(struct run_info *r)
{
	look_at(r);
}

enum status rundir_names(const char *root, struct run_info **out, int *n,
			 struct err *err)
{
	struct run_info *list = NULL;
	size_t count = 0, cap = 0;
	struct dirent *e;
	DIR *d = opendir(root);

	*out = NULL;
	*n = 0;
	if (!d && errno != ENOENT)
		return err_sys(err, "cannot read folder '%s'", root);
	while (d && (e = readdir(d))) {
		struct run_info *r;

		if (e->d_name[0] == '.')
			continue;
		ARRAY_GROW(list, count, cap);
		r = &list[count];
		*r = (struct run_info){ 0 };
		if (!str_copy(r->name, sizeof r->name, e->d_name) ||
		    join(root, e->d_name, r->path, NULL) || !is_dir(r->path) ||
		    !is_run(r->path))
			continue;
		count++;
	}
	if (d)
		closedir(d);
	if (count)
		qsort(list, count, sizeof *list, by_name);
	*out = list;
	*n = (int)count;
	return ST_OK;
}

enum status rundir_list(const char *root, struct run_info **out, int *n,
			struct err *err)
{
	enum status st = rundir_names(root, out, n, err);

	for (int i = 0; i < *n; i++)
		look_at(&(*out)[i]);
	return st;
}
