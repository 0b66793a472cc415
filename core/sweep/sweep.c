/*
 * sweep.c - what a sweep is made of, and how the command line changes it.
 */
#include "sweep/sweep_own.h"

#include <string.h>

#include "base/mem.h"
#include "plan/plan.h"

enum { NUMBERS_MAX = 1000 };
#define NUMBER_MOST ((UINT64_C(1) << 53) - 1)

/* --- settings --- */

size_t sweep_key_len(const char *text)
{
	const char *eq = strchr(text, '=');

	return eq ? (size_t)(eq - text) : 0;
}

int sweep_sets_find(const struct sweep_sets *s, const char *key, size_t len)
{
	for (int i = 0; i < s->n; i++)
		if (sweep_key_len(s->text[i]) == len && !strncmp(s->text[i], key, len))
			return i;
	return -1;
}

enum status sweep_sets_put(struct sweep_sets *s, const char *text, struct err *err)
{
	int i = sweep_sets_find(s, text, sweep_key_len(text));

	if (i < 0 && s->n == SWEEP_SETS)
		return err_set(err, ST_FULL, "more than %d settings", SWEEP_SETS);
	if (i < 0)
		i = s->n++;
	xfree(s->text[i]);
	s->text[i] = xstrdup(text);
	return ST_OK;
}

void sweep_sets_copy(struct sweep_sets *to, const struct sweep_sets *from)
{
	*to = (struct sweep_sets){ .n = from->n };
	for (int i = 0; i < from->n; i++)
		to->text[i] = xstrdup(from->text[i]);
}

void sweep_sets_release(struct sweep_sets *s)
{
	for (int i = 0; i < s->n; i++)
		xfree(s->text[i]);
	*s = (struct sweep_sets){ 0 };
}

enum status sweep_set(struct sweep *s, const char *text, struct err *err)
{
	if (!sweep_key_len(text))
		return err_set(err, ST_INVALID, "--set wants KEY=VALUE, not '%.60s'", text);
	return sweep_sets_put(&s->sets, text, err);
}

bool sweep_has_field(const char *path)
{
	int n;
	const struct plan_field *f = plan_fields(&n);

	for (int i = 0; i < n; i++)
		if (str_eq(f[i].path, path))
			return true;
	return false;
}

/* --- axes --- */

static void axis_clear(struct sweep_axis *a)
{
	for (int i = 0; i < a->n; i++)
		xfree(a->value[i]);
	xfree(a->value);
	a->value = NULL;
	a->n = 0;
}

struct sweep_axis *sweep_axis_put(struct sweep *s, const char *key, struct err *err)
{
	struct sweep_axis *a;

	for (int i = 0; i < s->n_axes; i++)
		if (str_eq(s->axis[i].key, key)) {
			axis_clear(&s->axis[i]);
			return &s->axis[i];
		}
	if (s->n_axes == SWEEP_AXES) {
		err_set(err, ST_FULL, "more than %d fields vary", SWEEP_AXES);
		return NULL;
	}
	a = &s->axis[s->n_axes++];
	*a = (struct sweep_axis){ .key = xstrdup(key) };
	return a;
}

enum status sweep_axis_add(struct sweep_axis *a, const char *value, struct err *err)
{
	for (int i = 0; i < a->n; i++)
		if (str_eq(a->value[i], value))
			return err_set(err, ST_INVALID, "%.80s varies over %.60s twice",
				       a->key, value);
	if (a->n == SWEEP_VALUES)
		return err_set(err, ST_FULL, "%.80s varies over more than %d values",
			       a->key, SWEEP_VALUES);
	a->value = xreallocarray(a->value, (size_t)a->n + 1, sizeof *a->value);
	a->value[a->n++] = xstrdup(value);
	return ST_OK;
}

/* The length of one value: up to a comma outside of brackets and quotes. */
static size_t value_len(const char *text)
{
	bool is_quoted = false;
	int depth = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		char c = text[i];

		if (is_quoted && c == '\\' && text[i + 1])
			i++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && (c == '[' || c == '{'))
			depth++;
		else if (!is_quoted && (c == ']' || c == '}'))
			depth--;
		else if (!is_quoted && depth <= 0 && c == ',')
			break;
	}
	return i;
}

enum status sweep_vary(struct sweep *s, const char *text, struct err *err)
{
	size_t len = sweep_key_len(text);
	char *key = xstrndup(text, len);
	struct sweep_axis *a = len ? sweep_axis_put(s, key, err) : NULL;
	enum status st = a ? ST_OK : ST_INVALID;
	const char *p = text + len + 1;

	xfree(key);
	if (!len)
		return err_set(err, ST_INVALID, "--vary wants KEY=VALUE,VALUE, not '%.60s'",
			       text);
	while (!st) {
		char *value = xstrndup(p, value_len(p));

		st = *value ? sweep_axis_add(a, value, err) :
			      err_set(err, ST_INVALID, "an empty value: --vary '%.80s'",
				      text);
		p += strlen(value);
		xfree(value);
		if (!*p++)
			break;
	}
	return st;
}

/* --- seeds and splits --- */

enum status sweep_numbers_add(struct sweep_numbers *n, const char *what, uint64_t value,
			      struct err *err)
{
	if (value > NUMBER_MOST)
		return err_set(err, ST_INVALID, "%s: %llu is out of range, 0 to %llu", what,
			       (unsigned long long)value, (unsigned long long)NUMBER_MOST);
	if (n->n == NUMBERS_MAX)
		return err_set(err, ST_INVALID, "%s: more than %d", what, NUMBERS_MAX);
	for (int i = 0; i < n->n; i++)
		if (n->value[i] == value)
			return err_set(err, ST_INVALID, "%s: %llu is there twice", what,
				       (unsigned long long)value);
	n->value = xreallocarray(n->value, (size_t)n->n + 1, sizeof *n->value);
	n->value[n->n++] = value;
	return ST_OK;
}

enum status sweep_numbers_upto(struct sweep_numbers *n, const char *what, int64_t count,
			       struct err *err)
{
	enum status st = ST_OK;

	n->n = 0;
	if (count < 1 || count > NUMBERS_MAX)
		return err_set(err, ST_INVALID, "%s: %lld is out of range, 1 to %d", what,
			       (long long)count, NUMBERS_MAX);
	for (int64_t i = 1; !st && i <= count; i++)
		st = sweep_numbers_add(n, what, (uint64_t)i, err);
	return st;
}

enum status sweep_count(struct sweep *s, const char *what, const char *text,
			struct err *err)
{
	struct sweep_numbers *n = str_eq(what, "seeds") ? &s->seeds : &s->splits;
	char option[24], one[24];
	enum status st = ST_OK;
	int64_t count;
	uint64_t value;

	str_format(option, sizeof option, "--%s", what);
	if (!strchr(text, ',') && parse_i64(text, &count))
		return sweep_numbers_upto(n, option, count, err);
	n->n = 0;
	for (const char *p = text; !st; p++) {
		size_t len = strcspn(p, ",");

		if (!str_format(one, sizeof one, "%.*s", (int)len, p) ||
		    !parse_u64(one, &value))
			return err_set(err, ST_INVALID, "%s wants a number of them or a "
				       "list, 5 or 1,2,3, not '%.60s'", option, text);
		st = sweep_numbers_add(n, option, value, err);
		p += len;
		if (!*p)
			break;
	}
	return st;
}

/* --- the end --- */

void sweep_release(struct sweep *s)
{
	sweep_sets_release(&s->sets);
	for (int i = 0; i < s->n_axes; i++) {
		axis_clear(&s->axis[i]);
		xfree(s->axis[i].key);
	}
	for (int i = 0; i < s->n_entries; i++) {
		xfree(s->entry[i].name);
		sweep_sets_release(&s->entry[i].sets);
	}
	for (int i = 0; i < s->n_systems; i++) {
		xfree(s->system[i].name);
		xfree(s->system[i].label);
		sweep_sets_release(&s->system[i].sets);
	}
	for (int i = 0; i < s->n_metrics; i++)
		xfree(s->metric[i]);
	xfree(s->entry);
	xfree(s->system);
	xfree(s->point);
	xfree(s->seeds.value);
	xfree(s->splits.value);
	*s = (struct sweep){ 0 };
}
