/*
 * run_group.c - which runs are seeds of one system, and what it is called.
 */
#include "look/run_group.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/line.h"

/* --- the key --- */

/* Does a value of the plan leave the system what it is? */
static bool is_apart(const char *path)
{
	const char *name = strrchr(path, '.');

	name = name ? name + 1 : path;
	return str_eq(path, "seed") || str_eq(path, "split") || str_eq(name, "note") ||
	       str_eq(path, "budget.eval_end");
}

/* A file counts by what is in it, wherever it lies: the run's facts have its hash. */
static bool add_content(struct hasher *h, struct store *db, const char *path)
{
	const char *split = strrchr(path, '.');
	char key[160], *fact;

	if (!str_starts(path, "tasks.") ||
	    (!str_eq(split, ".train") && !str_eq(split, ".dev")))
		return false;
	str_format(key, sizeof key, "data.%s", path + strlen("tasks."));
	fact = store_fact(db, key);
	if (fact)
		hasher_add(h, fact, strcspn(fact, " "));
	xfree(fact);
	return fact != NULL;
}

static void add_node(struct hasher *h, struct store *db, const char *path,
		     const struct json *n)
{
	struct json_out o;
	struct buf b;

	if (json_type(n) == JSON_OBJECT) {
		for (const struct json *m = json_first(n); m; m = json_next(m)) {
			char at[PLAN_COLUMN + 2 * TASK_NAME_MAX];

			str_format(at, sizeof at, "%s%s%s", path, *path ? "." : "",
				   json_key(m));
			add_node(h, db, at, m);
		}
		return;
	}
	if (is_apart(path))
		return;
	hasher_add_str(h, path);
	if (add_content(h, db, path))
		return;
	buf_init(&b);
	json_out_init(&o, &b, 0);
	json_put_node(&o, NULL, n);
	hasher_add_str(h, buf_str(&b));
	buf_release(&b);
}

/* Notes and whoever gave a command leave the system what it is. */
static void add_journal(struct hasher *h, const struct journal_entry *e, int n)
{
	for (int i = 0; i < n; i++) {
		if (str_starts(e[i].command, "note "))
			continue;
		hasher_add_u64(h, (uint64_t)e[i].step);
		hasher_add_str(h, e[i].command);
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of the first `len` bytes without a mark and a number behind it. */
static size_t without_number(const char *name, size_t len, const char *mark)
{
	size_t n = strlen(mark), at = len;

	while (at && is_digit(name[at - 1]))
		at--;
	return at < len && at > n && !strncmp(name + at - n, mark, n) ? at - n : len;
}

/*
 * The length of a name without what tells seeds apart, and the split of a sweep before
 * it ("-d2-s1"); `any`: without -N, too.
 */
static size_t stem_length(const char *name, bool any)
{
	size_t len = strlen(name), stem = without_number(name, len, "-seed");

	stem = stem < len ? stem : without_number(name, len, "-s");
	if (stem < len)
		return without_number(name, stem, "-d");
	return any ? without_number(name, len, "-") : len;
}

/* Plans say nothing of what made predictions that were imported: names do. */
static void add_origin(struct hasher *h, const char *name, struct store *db,
		       struct run_system *out)
{
	char *fact = store_fact(db, "imported");

	out->is_imported = fact != NULL;
	xfree(fact);
	if (!out->is_imported)
		return;
	hasher_add_str(h, "imported");
	hasher_add(h, name, stem_length(name, false));
}

static uint64_t find_unheard(const struct plan *plan, const struct journal_entry *e, int n)
{
	uint64_t unheard = 0;

	for (int i = 0; i < plan->n_tasks && i < 64; i++) {
		bool is_heard = !plan->tasks[i].muted;
		char command[TASK_NAME_MAX + 16];

		str_format(command, sizeof command, "mute %s off", plan->tasks[i].name);
		for (int k = 0; k < n; k++)
			is_heard |= str_eq(e[k].command, command);
		unheard |= (uint64_t)!is_heard << i;
	}
	return unheard;
}

enum status run_system_read(const char *name, const struct plan *plan, struct store *db,
			    struct run_system *out, struct err *err)
{
	struct journal_entry *e = NULL;
	struct json *doc = NULL;
	const struct json *split;
	struct hasher *h;
	struct buf b;
	int n = 0;
	enum status st;

	*out = (struct run_system){ .seed = plan->seed, .split = -1 };
	buf_init(&b);
	plan_write(plan, &b);
	st = json_parse(buf_str(&b), b.len, "plan.json", &doc, err);
	buf_release(&b);
	if (!st)
		st = store_path(db, 0, &e, &n, err);
	if (!st) {
		split = json_get(doc, "split");
		if (split)
			json_int(split, &out->split);
		h = hasher_new();
		add_node(h, db, "", doc);
		add_journal(h, e, n);
		add_origin(h, name, db, out);
		out->key = hasher_end(h);
		out->unheard = find_unheard(plan, e, n);
		out->is_known = true;
	}
	xfree(e);
	json_free(doc);
	return st;
}

/* --- names --- */

static size_t common_length(const char *a, size_t n, const char *b)
{
	size_t m = stem_length(b, true), i = 0;

	n = n < m ? n : m;
	while (i < n && a[i] == b[i])
		i++;
	while (i < m && i && ((unsigned char)a[i] & 0xC0) == 0x80)
		i--; /* not within a letter, nor within a number */
	while (i && (is_digit(a[i]) || is_digit(b[i])) && is_digit(a[i - 1]))
		i--;
	return i;
}

static void name_group(struct run_group *g, const char *const *name)
{
	const char *first = name[g->member[0]];
	size_t n = g->n == 1 ? strlen(first) : stem_length(first, true);

	for (int i = 1; i < g->n; i++)
		n = common_length(first, n, name[g->member[i]]);
	while (g->n > 1 && n && strchr("-_. ", first[n - 1]))
		n--;
	str_format(g->name, sizeof g->name, "%.*s", n ? (int)n : SYSTEM_NAME - 1, first);
}

/* A name that two groups would have is neither's: a run's own is in its place. */
static void tell_apart(struct run_groups *g, const char *const *name)
{
	bool *is_twice = xcalloc((size_t)g->n + 1, sizeof *is_twice);

	for (int i = 0; i < g->n; i++)
		for (int k = 0; k < i; k++)
			if (str_eq(g->group[i].name, g->group[k].name))
				is_twice[i] = is_twice[k] = true;
	for (int i = 0; i < g->n; i++)
		if (is_twice[i])
			str_copy(g->group[i].name, SYSTEM_NAME,
				 name[g->group[i].member[0]]);
	xfree(is_twice);
}

/* --- groups --- */

static int by_seed(const void *a, const void *b, void *arg)
{
	const struct run_system *s = arg, *x = &s[*(const int *)a], *y = &s[*(const int *)b];

	if (x->seed != y->seed)
		return x->seed < y->seed ? -1 : 1;
	if (x->split != y->split)
		return x->split < y->split ? -1 : 1;
	return *(const int *)a < *(const int *)b ? -1 : 1;
}

static struct run_group *find_group(struct run_groups *g, const struct run_system *all,
				    const struct run_system *s)
{
	for (int i = 0; s->is_known && i < g->n; i++) {
		const struct run_system *first = &all[g->group[i].member[0]];

		if (first->is_known && hash_equal(first->key, s->key))
			return &g->group[i];
	}
	return NULL;
}

void run_groups_make(int n, const char *const *name, const struct run_system *system,
		     struct run_groups *out)
{
	*out = (struct run_groups){ 0 };
	out->group = xcalloc((size_t)n + 1, sizeof *out->group);
	for (int i = 0; i < n; i++) {
		struct run_group *g = find_group(out, system, &system[i]);

		if (!g) {
			g = &out->group[out->n++];
			g->member = xcalloc((size_t)n, sizeof *g->member);
		}
		g->member[g->n++] = i;
	}
	for (int i = 0; i < out->n; i++) {
		struct run_group *g = &out->group[i];

		qsort_r(g->member, (size_t)g->n, sizeof *g->member, by_seed,
			(void *)(uintptr_t)system);
		name_group(g, name);
	}
	tell_apart(out, name);
}

void run_groups_release(struct run_groups *g)
{
	for (int i = 0; i < g->n; i++)
		xfree(g->group[i].member);
	xfree(g->group);
	*g = (struct run_groups){ 0 };
}
