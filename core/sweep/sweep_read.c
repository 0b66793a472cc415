/*
 * sweep_read.c - a sweep file, read strictly: what it does not know, it refuses with
 * the place, as a plan does.
 */
#include "sweep/sweep_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

enum { PLACE = 192 };

static enum status refuse(const struct sweep *s, struct err *err, const char *path,
			  const char *fmt, ...) PRINTF_LIKE(4, 5);

static enum status refuse(const struct sweep *s, struct err *err, const char *path,
			  const char *fmt, ...)
{
	char cause[ERR_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(cause, sizeof cause, fmt, ap) < 0)
		cause[0] = '\0';
	va_end(ap);
	return err_set(err, ST_INVALID, "%s at %.150s in %.150s", cause, path, s->where);
}

static enum status want(const struct sweep *s, const struct json *n, enum json_type type,
			const char *path, struct err *err)
{
	if (json_type(n) == type)
		return ST_OK;
	return refuse(s, err, path, "not %s but %s", json_type_name(type),
		      json_type_name(json_type(n)));
}

/* --- values of plan fields --- */

/*
 * As --set has it: text bare, all else as JSON. A text that would not come back as the
 * same text keeps its quotes.
 */
static void value_text(const struct json *n, struct buf *out)
{
	const char *text = json_type(n) == JSON_STRING ? json_string(n) : NULL;
	char digits[JSON_DIGITS];
	struct json_out o;

	buf_clear(out);
	if (text && *text && *text != '"' && !str_eq(text, "null")) {
		buf_adds(out, text);
	} else if (json_type(n) == JSON_NUMBER) {
		json_number_text(n, digits);
		buf_adds(out, digits);
	} else {
		json_out_init(&o, out, 0);
		json_put_node(&o, NULL, n);
	}
}

static enum status read_sets(struct sweep *s, const struct json *obj, const char *path,
			     struct sweep_sets *out, struct err *err)
{
	enum status st = want(s, obj, JSON_OBJECT, path, err);
	struct buf value, text;

	if (st)
		return st;
	buf_init(&value);
	buf_init(&text);
	for (const struct json *n = json_first(obj); n && !st; n = json_next(n)) {
		if (!*json_key(n) || strchr(json_key(n), '='))
			st = refuse(s, err, path, "no name of a field: '%.80s'",
				    json_key(n));
		value_text(n, &value);
		buf_clear(&text);
		buf_addf(&text, "%s=%s", json_key(n), buf_str(&value));
		if (!st && sweep_sets_put(out, buf_str(&text), err))
			st = refuse(s, err, path, "more than %d settings", SWEEP_SETS);
	}
	buf_release(&value);
	buf_release(&text);
	return st;
}

static enum status read_axis(struct sweep *s, const struct json *list, struct err *err)
{
	const char *key = json_key(list);
	struct sweep_axis *a;
	struct err why;
	struct buf value;
	char path[PLACE];
	enum status st;

	str_format(path, sizeof path, "vary.%s", key);
	st = want(s, list, JSON_ARRAY, path, err);
	if (!st && (!*key || strchr(key, '=')))
		st = refuse(s, err, "vary", "no name of a field: '%.80s'", key);
	if (!st && !json_len(list))
		st = refuse(s, err, path, "an empty list");
	if (st)
		return st;
	a = sweep_axis_put(s, key, &why);
	if (!a)
		return refuse(s, err, path, "%.200s", why.text);
	buf_init(&value);
	for (const struct json *n = json_first(list); n && !st; n = json_next(n)) {
		value_text(n, &value);
		if (sweep_axis_add(a, buf_str(&value), &why))
			st = refuse(s, err, path, "%.200s", why.text);
	}
	buf_release(&value);
	return st;
}

static enum status read_vary(struct sweep *s, const struct json *n, struct err *err)
{
	enum status st = want(s, n, JSON_OBJECT, "vary", err);

	for (n = st ? NULL : json_first(n); n && !st; n = json_next(n))
		st = read_axis(s, n, err);
	return st;
}

/* --- the list --- */

static enum status entry_name(struct sweep *s, struct sweep_entry *e,
			      const struct json *n, const char *path, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const char *name;
	enum status st = want(s, n, JSON_STRING, path, err);

	if (st)
		return st;
	name = json_string(n);
	if (!*name || *name == '.' || name[strspn(name, letters)] || strstr(name, "..") ||
	    strlen(name) > 48)
		return refuse(s, err, path, "no name: '%.60s' (letters, digits, '.', '_', "
			      "'-', at most 48)", name);
	for (int i = 0; i < s->n_entries; i++)
		if (e != &s->entry[i] && str_eq(s->entry[i].name, name))
			return refuse(s, err, path, "'%s' is there twice", name);
	e->name = xstrdup(name);
	return ST_OK;
}

static enum status read_entry(struct sweep *s, struct sweep_entry *e,
			      const struct json *obj, int i, struct err *err)
{
	char path[PLACE];
	enum status st;

	str_format(path, sizeof path, "runs[%d]", i);
	st = want(s, obj, JSON_OBJECT, path, err);
	for (const struct json *n = st ? NULL : json_first(obj); n && !st; n = json_next(n)) {
		str_format(path, sizeof path, "runs[%d].%s", i, json_key(n));
		if (str_eq(json_key(n), "name"))
			st = entry_name(s, e, n, path, err);
		else if (str_eq(json_key(n), "set"))
			st = read_sets(s, n, path, &e->sets, err);
		else
			st = refuse(s, err, path, "unknown key (there is: name, set)");
	}
	str_format(path, sizeof path, "runs[%d]", i);
	if (!st && !e->name)
		st = refuse(s, err, path, "no \"name\"");
	return st;
}

static enum status read_runs(struct sweep *s, const struct json *list, struct err *err)
{
	enum status st = want(s, list, JSON_ARRAY, "runs", err);
	int i = 0;

	if (st)
		return st;
	if (!json_len(list) || json_len(list) > SWEEP_RUNS)
		return refuse(s, err, "runs", "%d entries where 1 to %d may be",
			      json_len(list), SWEEP_RUNS);
	s->entry = xcalloc((size_t)json_len(list), sizeof *s->entry);
	for (const struct json *n = json_first(list); n && !st; n = json_next(n)) {
		/* counted first: what it took is released whatever comes */
		struct sweep_entry *e = &s->entry[s->n_entries++];

		st = read_entry(s, e, n, i++, err);
	}
	return st;
}

/* --- seeds and splits, the report --- */

static enum status read_numbers(struct sweep *s, const struct json *n, const char *what,
				struct sweep_numbers *out, struct err *err)
{
	enum status st = ST_OK;
	struct err why = { "" };
	int64_t x;

	if (json_type(n) == JSON_NUMBER && json_int(n, &x))
		st = sweep_numbers_upto(out, what, x, &why);
	else if (json_type(n) != JSON_ARRAY || !json_len(n))
		return refuse(s, err, what, "neither a number of them nor a list: 5 or "
			      "[1, 2, 3]");
	else
		for (n = json_first(n); n && !st; n = json_next(n))
			st = !json_int(n, &x) || x < 0 ?
				err_set(&why, ST_INVALID, "not a whole number from 0") :
				sweep_numbers_add(out, what, (uint64_t)x, &why);
	return st ? refuse(s, err, what, "%.200s", why.text) : ST_OK;
}

static enum status read_metrics(struct sweep *s, const struct json *list, struct err *err)
{
	static const char path[] = "report.metrics";
	enum status st = want(s, list, JSON_ARRAY, path, err);

	for (const struct json *n = st ? NULL : json_first(list); n && !st; n = json_next(n)) {
		st = want(s, n, JSON_STRING, path, err);
		if (!st && (!strchr(json_string(n), '.') || strlen(json_string(n)) > 80))
			st = refuse(s, err, path, "no TASK.METRIC: '%.60s'",
				    json_string(n));
		if (!st && s->n_metrics == SWEEP_METRICS)
			st = refuse(s, err, path, "more than %d", SWEEP_METRICS);
		if (!st)
			s->metric[s->n_metrics++] = xstrdup(json_string(n));
	}
	return st;
}

static enum status read_report(struct sweep *s, const struct json *obj, struct err *err)
{
	enum status st = want(s, obj, JSON_OBJECT, "report", err);

	for (const struct json *n = st ? NULL : json_first(obj); n && !st; n = json_next(n)) {
		const char *key = json_key(n);
		char path[PLACE];

		str_format(path, sizeof path, "report.%s", key);
		if (str_eq(key, "at")) {
			st = want(s, n, JSON_STRING, path, err);
			s->at = !st && str_eq(json_string(n), "best") ? SWEEP_AT_BEST :
									SWEEP_AT_END;
			if (!st && !s->at && !str_eq(json_string(n), "end"))
				st = refuse(s, err, path, "unknown '%.40s' (there is: end, "
					    "best)", json_string(n));
		} else if (str_eq(key, "level")) {
			st = want(s, n, JSON_NUMBER, path, err);
			s->level = st ? 0 : json_number(n);
			if (!st && !(s->level >= 50 && s->level <= 99.9))
				st = refuse(s, err, path, "%g is out of range, 50 to 99.9",
					    s->level);
		} else if (str_eq(key, "metrics")) {
			st = read_metrics(s, n, err);
		} else {
			st = refuse(s, err, path, "unknown key (there is: at, level, "
				    "metrics)");
		}
	}
	return st;
}

/* --- the whole --- */

static enum status read_text(struct sweep *s, const struct json *n, const char *path,
			     char *out, size_t cap, struct err *err)
{
	enum status st = want(s, n, JSON_STRING, path, err);

	if (!st && !str_copy(out, cap, json_string(n)))
		st = refuse(s, err, path, "longer than %zu bytes", cap - 1);
	return st;
}

static enum status read_plan_path(struct sweep *s, const struct json *n,
				  const char *folder, struct err *err)
{
	char given[PATH_MAX];
	enum status st = read_text(s, n, "plan", given, sizeof given, err);

	if (!st && !*given)
		st = refuse(s, err, "plan", "an empty string");
	return st ? st : file_absolute(folder, given, s->plan, sizeof s->plan, err);
}

static enum status read_key(struct sweep *s, const struct json *n, const char *folder,
			    struct err *err)
{
	const char *key = json_key(n);
	int64_t version;

	if (str_eq(key, "sweep"))
		return json_int(n, &version) && version == 1 ? ST_OK :
			refuse(s, err, key, "not version 1 of the sweep format");
	if (str_eq(key, "note"))
		return read_text(s, n, key, s->note, sizeof s->note, err);
	if (str_eq(key, "plan"))
		return read_plan_path(s, n, folder, err);
	if (str_eq(key, "set"))
		return read_sets(s, n, key, &s->sets, err);
	if (str_eq(key, "vary"))
		return read_vary(s, n, err);
	if (str_eq(key, "runs"))
		return read_runs(s, n, err);
	if (str_eq(key, "seeds"))
		return read_numbers(s, n, key, &s->seeds, err);
	if (str_eq(key, "splits"))
		return read_numbers(s, n, key, &s->splits, err);
	if (str_eq(key, "report"))
		return read_report(s, n, err);
	return refuse(s, err, key, "unknown key (there is: sweep, note, plan, set, vary, "
		      "runs, seeds, splits, report)");
}

/* What run names begin with: as the file is called, of the letters that names have. */
static void take_name(struct sweep *s, const char *where, const char *name)
{
	const char *base = strrchr(where, '/');
	size_t n;

	base = name ? name : base ? base + 1 : where;
	str_copy(s->name, sizeof s->name, base);
	n = strlen(s->name);
	if (!name && n > 5 && str_eq(s->name + n - 5, ".json"))
		s->name[n - 5] = '\0';
	for (char *p = s->name; *p && !name; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-.", *p) ||
		    (*p == '.' && (p == s->name || p[-1] == '.')))
			*p = '-';
}

enum status sweep_parse(const char *text, size_t len, const char *where,
			const char *folder, const char *name, struct sweep *out,
			struct err *err)
{
	struct json *root = NULL;
	enum status st;

	*out = (struct sweep){ .level = 95 };
	str_copy(out->where, sizeof out->where, where);
	take_name(out, where, name);
	st = json_parse(text, len, where, &root, err);
	if (!st && (json_type(root) != JSON_OBJECT || !json_get(root, "sweep"))) {
		json_free(root); /* a plan: its own reader says what is wrong with it */
		return file_absolute(NULL, where, out->plan, sizeof out->plan, err);
	}
	for (const struct json *n = st ? NULL : json_first(root); n && !st; n = json_next(n))
		st = read_key(out, n, folder, err);
	if (!st && !*out->plan)
		st = err_set(err, ST_INVALID, "no \"plan\" in %.200s: whose fields vary?",
			     where);
	json_free(root);
	if (st)
		sweep_release(out);
	return st;
}

enum status sweep_read(const char *path, const char *name, struct sweep *out,
		       struct err *err)
{
	char folder[PATH_MAX], whole[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct buf text;
	enum status st;

	*out = (struct sweep){ 0 };
	buf_init(&text);
	st = file_read(path, SWEEP_FILE_MAX, &text, err);
	if (!st && !str_format(folder, sizeof folder, "%.*s",
			       slash ? (int)(slash - path) + 1 : 1, slash ? path : "."))
		st = err_set(err, ST_INVALID, "path too long: '%.200s...'", path);
	if (!st)
		st = file_absolute(NULL, folder, whole, sizeof whole, err);
	if (!st)
		st = sweep_parse(buf_str(&text), text.len, path, whole, name, out, err);
	buf_release(&text);
	return st;
}
