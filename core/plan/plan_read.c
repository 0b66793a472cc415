/*
 * plan_read.c - values of a plan: each checked against its row of the table,
 * then stored. Defaults come through here too, as JSON text.
 */
#include "plan/plan_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/plain.h"
#include "data/source.h"
#include "plan/plan_kind.h"

enum status plan_refuse(struct plan_reader *r, const char *path, const char *fmt, ...)
{
	char cause[ERR_MAX - 64];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(cause, sizeof cause, fmt, ap) < 0)
		cause[0] = '\0';
	va_end(ap);
	if (!*path)
		return err_set(r->err, ST_INVALID, "%s in %s", cause, r->where);
	return err_set(r->err, ST_INVALID, "%s at %s in %s", cause, path, r->where);
}

/* --- variables --- */

static const char *var_value(struct plan_reader *r, const char *name)
{
	for (int i = 0; i < r->n_vars; i++)
		if (str_eq(r->vars[i].name, name)) {
			r->vars[i].used = true;
			return r->vars[i].value;
		}
	return getenv(name);
}

/* `text` stands behind "${"; *text moves behind "}". */
static enum status expand_one(struct plan_reader *r, const char *path,
			      const char **text, struct buf *out)
{
	size_t n = strcspn(*text, "}");
	const char *value;
	char name[64];

	if (!(*text)[n])
		return plan_refuse(r, path, "'${' without '}'");
	if (!n || n >= sizeof name)
		return plan_refuse(r, path, "no name for a variable: '${%.*s}'",
				   (int)(n < 80 ? n : 80), *text);
	str_format(name, sizeof name, "%.*s", (int)n, *text);
	value = var_value(r, name);
	if (!value)
		return plan_refuse(r, path,
				   "variable '%s' is not set (use --set %s=VALUE or "
				   "the environment)", name, name);
	buf_adds(out, value);
	*text += n + 1;
	return ST_OK;
}

enum status plan_expand(struct plan_reader *r, const char *path, const char *text,
			struct buf *out)
{
	enum status st = ST_OK;

	while (!st && *text) {
		if (str_starts(text, "$${")) {
			buf_adds(out, "${");
			text += 3;
		} else if (str_starts(text, "${")) {
			text += 2;
			st = expand_one(r, path, &text, out);
		} else {
			buf_addc(out, *text++);
		}
	}
	return st;
}

/* --- what a row wants, in words --- */

static void choice_words(const char *choices, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b);
	for (; *choices; choices++) {
		if (*choices == '|')
			buf_adds(&b, ", ");
		else
			buf_addc(&b, *choices);
	}
	str_copy(out, cap, buf_str(&b));
	buf_release(&b);
}

static enum status refuse_choice(struct plan_reader *r, const char *path,
				 const char *choices, const char *word)
{
	char words[160], near[40];

	for (int i = 0; plan_choice_at(choices, i, near, sizeof near); i++)
		if (plan_edits(near, word) < 3)
			return plan_refuse(r, path, "unknown '%.80s' (did you mean '%s'?)",
					   word, near);
	choice_words(choices, words, sizeof words);
	return plan_refuse(r, path, "unknown '%.80s' (there is: %s)", word, words);
}

const char *plan_wish(const struct plan_field *f)
{
	switch (f->type) {
	case PLAN_INT:  return "a whole number";
	case PLAN_NUM:  return "a number";
	case PLAN_BOOL: return "true or false";
	case PLAN_STR:
	case PLAN_PATH:
	case PLAN_ENUM: return "a string";
	case PLAN_LIST: return "a list of strings";
	}
	BUG("plan type %d", (int)f->type);
}

enum status plan_refuse_type(struct plan_reader *r, const char *path,
			     const char *wanted, const struct json *n)
{
	return plan_refuse(r, path, "not %s but %s", wanted,
			   json_type_name(json_type(n)));
}

/* --- numbers --- */

enum status plan_read_number(struct plan_reader *r, const struct plan_field *f,
			     const char *path, const struct json *n, double *out)
{
	char at[32], least[32], most[32];
	int64_t whole;

	if (json_type(n) != JSON_NUMBER)
		return plan_refuse_type(r, path, plan_wish(f), n);
	*out = json_number(n);
	double_to_text(*out, at);
	if (f->type == PLAN_INT && !json_int(n, &whole))
		return plan_refuse(r, path, "not a whole number: %s", at);
	double_to_text(f->min, least);
	double_to_text(f->max, most);
	if (!(*out >= f->min && *out <= f->max))
		return plan_refuse(r, path, "%s is out of range, %s to %s", at, least,
				   most);
	return ST_OK;
}

static void store_number(const struct plan_place *p, void *at, double x)
{
	switch (p->slot) {
	case SLOT_INT:  *(int *)at = (int)x; break;
	case SLOT_LONG: *(int64_t *)at = (int64_t)x; break;
	case SLOT_SEED: *(uint64_t *)at = (uint64_t)x; break;
	case SLOT_SPLIT: *(uint64_t *)at = (uint64_t)x + 1; break;
	case SLOT_NUM:
	case SLOT_SHARE: *(double *)at = x; break;
	case SLOT_FLOAT: *(float *)at = (float)x; break;
	case SLOT_FIXED: break;
	default: BUG("no number slot: %d", (int)p->slot);
	}
}

/* --- words --- */

enum status plan_read_string(struct plan_reader *r, const char *path,
			     const char *wanted, const struct json *n, struct buf *out)
{
	enum status st;

	if (json_type(n) != JSON_STRING)
		return plan_refuse_type(r, path, wanted, n);
	st = plan_expand(r, path, json_string(n), out);
	if (!st && !out->len)
		st = plan_refuse(r, path, "an empty string");
	return st;
}

/* An int, an enum or a bool: whatever the member's size says. */
static void store_choice(const struct plan_place *p, void *at, int i)
{
	if (p->size == sizeof(bool))
		*(bool *)at = i != 0;
	else
		*(int *)at = i;
}

static enum status read_bool(struct plan_reader *r, const struct plan_field *f,
			     const struct plan_place *p, void *at, const char *path,
			     const struct json *n)
{
	if (json_type(n) != JSON_BOOL)
		return plan_refuse_type(r, path, plan_wish(f), n);
	store_choice(p, at, json_bool(n));
	return ST_OK;
}

static bool is_folder(const char *path)
{
	struct stat sb;

	return !stat(path, &sb) && S_ISDIR(sb.st_mode);
}

/* A task's is of data; the plan's own is a tokenizer, which may be a folder. */
static enum status read_path(struct plan_reader *r, const char *path, char *text,
			     const struct plan_place *p, void *at)
{
	struct file_id id;
	struct err why;
	enum status st = file_absolute(r->plan->folder, text, at, p->size, &why);
	const char *packed;

	if (st)
		return plan_refuse(r, path, "%.300s", why.text);
	if (r->may_lack_files || (!p->kinds && is_folder(at)))
		return ST_OK;
	st = p->kinds ? plain_id(at, &id, &why) : file_id(at, &id, &why);
	if (!st)
		return ST_OK;
	if (!file_exists(at) && (packed = source_packed_beside(at)))
		return plan_refuse(r, path, "no such file '%.400s', but one with %s behind "
				   "its name", (char *)at, packed);
	if (!file_exists(at))
		return plan_refuse(r, path, "no such file '%.400s'", (char *)at);
	return plan_refuse(r, path, "%.500s", why.text);
}

static enum status read_text(struct plan_reader *r, const struct plan_field *f,
			     const struct plan_place *p, void *at, const char *path,
			     const struct json *n)
{
	struct buf b;
	enum status st;
	int i;

	buf_init(&b);
	st = plan_read_string(r, path, plan_wish(f), n, &b);
	if (!st && f->choices) {
		i = plan_choice_find(f->choices, b.s);
		if (i < 0)
			st = refuse_choice(r, path, f->choices, b.s);
		else if (p->slot == SLOT_CHOICE)
			store_choice(p, at, i);
	}
	if (!st && p->slot == SLOT_PATH)
		st = read_path(r, path, b.s, p, at);
	if (!st && p->slot == SLOT_TEXT && !str_copy(at, p->size, b.s))
		st = plan_refuse(r, path, "longer than %zu bytes: '%.40s...'",
				 p->size - 1, b.s);
	buf_release(&b);
	return st;
}

/* --- a row --- */

static bool is_word(const struct json *n, const char *word)
{
	return json_type(n) == JSON_STRING && str_eq(json_string(n), word);
}

/* A value or a word for it: "auto", true, false. */
static enum status read_header(struct plan_reader *r, int *at, const char *path,
			       const struct json *n)
{
	if (is_word(n, "auto"))
		*at = -1;
	else if (json_type(n) == JSON_BOOL)
		*at = json_bool(n);
	else
		return plan_refuse(r, path, "neither true nor false nor \"auto\"");
	return ST_OK;
}

static enum status read_share(struct plan_reader *r, const struct plan_field *f,
			      double *at, const char *path, const struct json *n)
{
	*at = -1;
	if (is_word(n, "auto"))
		return ST_OK;
	if (json_type(n) != JSON_NUMBER)
		return plan_refuse(r, path, "neither a number, 0 to 1, nor \"auto\"");
	return plan_read_number(r, f, path, n, at);
}

enum status plan_read_value(struct plan_reader *r, int row, void *base,
			    const char *path, const struct json *n)
{
	int count;
	const struct plan_field *f = &plan_fields(&count)[row];
	const struct plan_place *p = &plan_places()[row];
	void *at = plan_slot_at(base, p);
	double x = 0;
	enum status st;

	if (json_type(n) == JSON_NULL && plan_is_optional(f))
		return ST_OK;
	switch (p->slot) {
	case SLOT_HEADER:
		return read_header(r, at, path, n);
	case SLOT_SHARE:
		return read_share(r, f, at, path, n);
	case SLOT_LABELS:
	case SLOT_LABEL_TEXTS:
		return plan_read_labels(r, f, base, p->slot, path, n);
	case SLOT_COMMANDS:
		return plan_read_commands(r, f, base, path, n);
	case SLOT_RANGES:
		return plan_read_ranges(r, f, base, path, n);
	case SLOT_WEIGHTS:
		return plan_read_weights(r, f, base, path, n);
	case SLOT_SPAN:
		return plan_read_span(r, f, at, path, n);
	case SLOT_RANGE:
		return plan_read_range(r, at, false, path, n);
	case SLOT_METRICS:
		st = plan_read_list(r, f, path, n);
		return st ? st : plan_read_metrics(r, base, path, n);
	case SLOT_ARGS:
		return plan_read_args(r, f, at, path, n);
	default:
		break;
	}
	if (f->type == PLAN_BOOL)
		return read_bool(r, f, p, at, path, n);
	if (f->type != PLAN_INT && f->type != PLAN_NUM)
		return read_text(r, f, p, at, path, n);
	st = plan_read_number(r, f, path, n, &x);
	if (!st)
		store_number(p, at, x);
	return st;
}
