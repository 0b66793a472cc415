/*
 * run_diff.c - two run folders, field by field and entry by entry.
 */
#include "look/run_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "look/data_book.h"
#include "rundir/run_open.h"
#include "store/line.h"

/* One of the two runs. */
struct side {
	struct plan *plan;
	struct json *doc;      /* the plan as plan_write writes it */
	struct store *db;
	struct journal_entry *entry;
	int n;
};

static enum status side_open(struct side *s, const char *run, struct err *err)
{
	struct buf b;
	enum status st = run_open(run, &s->plan, &s->db, err);

	if (st)
		return st;
	buf_init(&b);
	plan_write(s->plan, &b);
	st = json_parse(buf_str(&b), b.len, "plan.json", &s->doc, err);
	buf_release(&b);
	if (!st)
		st = store_path(s->db, 0, &s->entry, &s->n, err);
	return st;
}

static void side_close(struct side *s)
{
	xfree(s->entry);
	store_close(s->db);
	json_free(s->doc);
	plan_free(s->plan);
}

/* --- plans --- */

static void add_change(struct run_diff *d, size_t *cap, const char *path,
		       const char *a, const char *b)
{
	struct plan_change *c;

	if (str_eq(a, b))
		return;
	ARRAY_GROW(d->change, d->n_changes, *cap);
	c = &d->change[d->n_changes++];
	str_copy(c->path, sizeof c->path, path);
	str_copy(c->a, sizeof c->a, a);
	str_copy(c->b, sizeof c->b, b);
}

/* The node at "a.b.c", or NULL. */
static const struct json *node_at(const struct json *n, const char *path)
{
	char key[DIFF_PATH];

	while (n && *path) {
		size_t len = strcspn(path, ".");

		str_format(key, sizeof key, "%.*s", (int)len, path);
		n = json_type(n) == JSON_OBJECT ? json_get(n, key) : NULL;
		path += len + (path[len] == '.');
	}
	return n;
}

/* "a/../" and "./" leave a path: two folders may name one file differently. */
static void add_path(struct buf *out, const char *s)
{
	for (const char *part = s; *part;) {
		size_t n = strcspn(part, "/");
		const char *end = part + n + (part[n] == '/');

		if (n == 2 && !strncmp(part, "..", 2) && out->len > 1) {
			for (out->len--; out->len && out->s[out->len - 1] != '/';)
				out->len--;
			out->s[out->len] = '\0';
		} else if (!(n == 1 && *part == '.')) {
			buf_add(out, part, (size_t)(end - part));
		}
		part = end;
	}
}

/* Texts as they are, all else as JSON. */
static void node_text(const struct json *n, enum plan_type type, struct buf *out)
{
	struct json_out o;

	buf_clear(out);
	if (!n)
		return;
	if (json_type(n) == JSON_STRING) {
		if (type == PLAN_PATH)
			add_path(out, json_string(n));
		else
			buf_adds(out, json_string(n));
		return;
	}
	json_out_init(&o, out, 0);
	json_put_node(&o, NULL, n);
}

static void compare_field(struct run_diff *d, size_t *cap, const struct side s[2],
			  const char *path, enum plan_type type)
{
	struct buf text[2];

	for (int i = 0; i < 2; i++) {
		buf_init(&text[i]);
		node_text(node_at(s[i].doc, path), type, &text[i]);
	}
	add_change(d, cap, path, buf_str(&text[0]), buf_str(&text[1]));
	for (int i = 0; i < 2; i++)
		buf_release(&text[i]);
}

/* Rows of one path differ by the kind of task only. */
static bool is_first_of_path(const struct plan_field *f, int i)
{
	for (int k = 0; k < i; k++)
		if (str_eq(f[k].path, f[i].path))
			return false;
	return true;
}

/* The first eight digits of a data file's hash, as the run's facts have it. */
static void data_hash(const struct side *s, const char *key, char out[9])
{
	char *fact = store_fact(s->db, key);

	str_format(out, 9, "%.8s", fact ? fact : "");
	xfree(fact);
}

static void compare_data(struct run_diff *d, size_t *cap, const struct side s[2],
			 const char *task)
{
	for (int k = 0; k < SPLITS; k++) {
		char key[DIFF_PATH], a[9], b[9];

		str_format(key, sizeof key, "data.%s.%s", task,
			   data_split_name((enum data_split)k));
		data_hash(&s[0], key, a);
		data_hash(&s[1], key, b);
		add_change(d, cap, key, a, b);
	}
}

/* A task that one run alone has is one line: its kind. */
static void compare_task(struct run_diff *d, size_t *cap, const struct side s[2],
			 const char *task)
{
	int n, at[2];
	const struct plan_field *f = plan_fields(&n);
	char path[DIFF_PATH];

	for (int i = 0; i < 2; i++)
		at[i] = plan_task_find(s[i].plan, task);
	if (at[0] < 0 || at[1] < 0) {
		const char *kind[2] = { "", "" };

		for (int i = 0; i < 2; i++)
			if (at[i] >= 0)
				kind[i] = task_kind_name(s[i].plan->tasks[at[i]].kind);
		str_format(path, sizeof path, "tasks.%s", task);
		add_change(d, cap, path, kind[0], kind[1]);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (!str_starts(f[i].path, "tasks.*.") || !is_first_of_path(f, i))
			continue;
		str_format(path, sizeof path, "tasks.%s.%s", task, f[i].path + 8);
		compare_field(d, cap, s, path, f[i].type);
	}
	compare_data(d, cap, s, task);
}

static void compare_tasks(struct run_diff *d, size_t *cap, const struct side s[2])
{
	for (int i = 0; i < s[0].plan->n_tasks; i++)
		compare_task(d, cap, s, s[0].plan->tasks[i].name);
	for (int i = 0; i < s[1].plan->n_tasks; i++)
		if (plan_task_find(s[0].plan, s[1].plan->tasks[i].name) < 0)
			compare_task(d, cap, s, s[1].plan->tasks[i].name);
}

static void compare_plans(struct run_diff *d, const struct side s[2])
{
	int n;
	const struct plan_field *f = plan_fields(&n);
	bool tasks_done = false;
	size_t cap = 0;

	for (int i = 0; i < n; i++) {
		if (str_starts(f[i].path, "actors.*.")) { /* who may steer: all of it at once */
			if (i && !str_starts(f[i - 1].path, "actors.*."))
				compare_field(d, &cap, s, "actors", PLAN_LIST);
		} else if (!str_starts(f[i].path, "tasks.*.")) {
			compare_field(d, &cap, s, f[i].path, f[i].type);
		} else if (!tasks_done) {
			compare_tasks(d, &cap, s);
			tasks_done = true;
		}
	}
}

/* --- journals --- */

static int by_step(const struct journal_entry *a, const struct journal_entry *b)
{
	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	return strcmp(a->command, b->command);
}

static int by_entry(const void *a, const void *b)
{
	const struct diff_entry *x = a, *y = b;
	int c = by_step(&x->e, &y->e);

	return c ? c : (int)x->is_b - (int)y->is_b;
}

static int by_journal(const void *a, const void *b)
{
	return by_step(a, b);
}

static void add_entry(struct run_diff *d, size_t *cap, const struct journal_entry *e,
		      bool is_b)
{
	ARRAY_GROW(d->entry, d->n_entries, *cap);
	d->entry[d->n_entries++] = (struct diff_entry){ is_b, *e };
}

/* The same: the same words at the same step. Both are sorted, then walked. */
static void compare_journals(struct run_diff *d, struct side s[2])
{
	size_t cap = 0;
	int i = 0, k = 0;

	for (int x = 0; x < 2; x++)
		if (s[x].n)
			qsort(s[x].entry, (size_t)s[x].n, sizeof *s[x].entry, by_journal);
	while (i < s[0].n || k < s[1].n) {
		int c = i == s[0].n ? 1 : k == s[1].n ? -1 :
			by_step(&s[0].entry[i], &s[1].entry[k]);

		if (c < 0)
			add_entry(d, &cap, &s[0].entry[i], false);
		if (c > 0)
			add_entry(d, &cap, &s[1].entry[k], true);
		i += c <= 0;
		k += c >= 0;
	}
	if (d->n_entries)
		qsort(d->entry, (size_t)d->n_entries, sizeof *d->entry, by_entry);
}

enum status run_diff_make(const char *a, const char *b, struct run_diff *out,
			  struct err *err)
{
	struct side s[2] = { { 0 }, { 0 } };
	enum status st = side_open(&s[0], a, err);

	*out = (struct run_diff){ 0 };
	if (!st)
		st = side_open(&s[1], b, err);
	if (!st) {
		compare_plans(out, s);
		compare_journals(out, s);
	}
	side_close(&s[0]);
	side_close(&s[1]);
	return st;
}

void run_diff_release(struct run_diff *d)
{
	xfree(d->change);
	xfree(d->entry);
	*d = (struct run_diff){ 0 };
}
