/*
 * plan_sets.c - what `--set` changes in a plan before it is read, so that it is
 * checked as if it stood in the file: fields by their path, else variables.
 */
#include "plan/plan_table.h"

#include <string.h>

#include "base/mem.h"

enum { SETS_MAX = 256 };

static const char *nearest_below(const char *path, const char **key, char *section,
				 size_t cap)
{
	const char *dot = strrchr(path, '.');

	str_format(section, cap, "%.*s", dot ? (int)(dot - path) : 0, path);
	*key = dot ? dot + 1 : path;
	return plan_nearest_key(section, *key, ~0U);
}

/* "optimzer.lr": the group's name is the slip. */
static const char *nearest_group(const char *path, const char **rest)
{
	char group[PLAN_PATH_TEXT];
	const char *dot = strchr(path, '.'), *near;

	if (!dot)
		return NULL;
	*rest = dot;
	str_format(group, sizeof group, "%.*s", (int)(dot - path), path);
	if (plan_is_section(group) || !(near = plan_nearest_key("", group, ~0U)))
		return NULL;
	str_format(group, sizeof group, "%s%s", near, dot);
	return plan_row_any(group) >= 0 ? near : NULL;
}

static enum status refuse_setting(struct plan_reader *r, const char *path)
{
	char section[PLAN_PATH_TEXT];
	const char *key, *near = nearest_below(path, &key, section, sizeof section);

	if (plan_is_section(path))
		return err_set(r->err, ST_INVALID,
			       "--set wants a field, and '%.120s' is a group of them",
			       path);
	if (near)
		return err_set(r->err, ST_INVALID,
			       "no field '%.120s' for --set (did you mean '%.120s%s%s'?)",
			       path, section, *section ? "." : "", near);
	near = nearest_group(path, &key);
	if (near)
		return err_set(r->err, ST_INVALID,
			       "no field '%.120s' for --set (did you mean '%s%.120s'?)", path,
			       near, key);
	return err_set(r->err, ST_INVALID, "no field '%.120s' for --set", path);
}

/* "tasks.sum.weight" needs a task 'sum': a setting makes no new ones. */
static enum status check_task(struct plan_reader *r, const struct json *root,
			      const char *path)
{
	const struct json *tasks = json_get(root, "tasks");
	char name[PLAN_PATH_TEXT];
	const char *rest = path + strlen("tasks.");

	if (!str_starts(path, "tasks."))
		return ST_OK;
	str_format(name, sizeof name, "%.*s", (int)strcspn(rest, "."), rest);
	if (tasks && json_get(tasks, name))
		return ST_OK;
	for (tasks = tasks ? json_first(tasks) : NULL; tasks; tasks = json_next(tasks))
		if (json_key(tasks) && plan_edits(name, json_key(tasks)) < 3)
			return err_set(r->err, ST_INVALID, "no task '%s' for --set %.120s "
				       "(did you mean '%s'?)", name, path,
				       json_key(tasks));
	return err_set(r->err, ST_INVALID, "no task '%s' for --set %.120s", name, path);
}

/* Below an object of arguments any name may stand: "mix.sampling_args.T". */
static bool is_argument(const char *path)
{
	const char *dot = strrchr(path, '.');
	char parent[PLAN_PATH_TEXT];
	int row;

	if (!dot || !dot[1] ||
	    !str_format(parent, sizeof parent, "%.*s", (int)(dot - path), path))
		return false;
	row = plan_row_any(parent);
	return row >= 0 && (plan_places()[row].slot == SLOT_ARGS ||
			    plan_places()[row].slot == SLOT_RANGES);
}

/* Fields that are text take the value as it stands, without quotes. */
static enum status set_field(struct plan_reader *r, struct json *root,
			     const char *path, int row, const char *value)
{
	int n;
	enum plan_type type = row < 0 ? PLAN_NUM : plan_fields(&n)[row].type;
	bool is_share = row >= 0 && plan_places()[row].slot == SLOT_SPAN &&
			strchr(value, '%');
	bool is_text = type == PLAN_STR || type == PLAN_PATH || type == PLAN_ENUM || is_share;
	double number;
	struct json_out o;
	struct buf b;
	enum status st;

	if (row < 0) /* an argument: a number, a list, or a word */
		is_text = *value != '[' && !parse_double(value, &number);
	if (row >= 0 && plan_places()[row].slot == SLOT_HEADER)
		is_text = false;
	if (*value == '"' || (row >= 0 && plan_is_optional(&plan_fields(&n)[row]) &&
			      str_eq(value, "null")))
		is_text = false;
	buf_init(&b);
	json_out_init(&o, &b, 0);
	if (is_text)
		json_put_str(&o, NULL, value);
	st = json_set_path(root, path, is_text ? buf_str(&b) : value, r->err);
	buf_release(&b);
	return st;
}

static enum status take_variable(struct plan_reader *r, const char *name,
				 const char *value)
{
	struct plan_var *v = &r->vars[r->n_vars++];

	if (!str_copy(v->name, sizeof v->name, name))
		return err_set(r->err, ST_INVALID, "variable name too long: '%.80s'",
			       name);
	v->value = value;
	v->used = false;
	return ST_OK;
}

static enum status apply_set(struct plan_reader *r, struct json *root, const char *set)
{
	const char *eq = strchr(set, '=');
	char path[PLAN_PATH_TEXT];
	enum status st;
	int row;

	if (!eq || eq == set)
		return err_set(r->err, ST_INVALID, "no KEY=VALUE: --set '%.120s'", set);
	if (!str_format(path, sizeof path, "%.*s", (int)(eq - set), set))
		return err_set(r->err, ST_INVALID, "no field '%.120s...' for --set", set);
	row = plan_row_any(path);
	if (row < 0 && !strchr(path, '.') && !plan_is_section(path))
		return take_variable(r, path, eq + 1);
	if (row < 0 && !is_argument(path))
		return refuse_setting(r, path);
	st = check_task(r, root, path);
	return st ? st : set_field(r, root, path, row, eq + 1);
}

enum status plan_apply_sets(struct plan_reader *r, struct json *root,
			    const char *const *sets, int n)
{
	enum status st = ST_OK;

	if (n > SETS_MAX)
		return err_set(r->err, ST_INVALID, "more than %d settings", SETS_MAX);
	r->vars = xcalloc((size_t)n + 1, sizeof *r->vars);
	for (int i = 0; i < n && !st; i++)
		st = apply_set(r, root, sets[i]);
	return st;
}

/* A variable that nothing asked for is a field misspelt. */
enum status plan_check_variables(struct plan_reader *r)
{
	for (int i = 0; i < r->n_vars; i++) {
		const char *near = plan_nearest_key("", r->vars[i].name, ~0U);

		if (r->vars[i].used)
			continue;
		return err_set(r->err, ST_INVALID,
			       "'%s' of --set is neither a field of %s nor a ${%s} in it"
			       "%s%s%s", r->vars[i].name, r->where, r->vars[i].name,
			       near ? " (did you mean '" : "", near ? near : "",
			       near ? "'?)" : "");
	}
	return ST_OK;
}
