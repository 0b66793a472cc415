/*
 * new_settings.c - what --set says of every file of `tutti new`: kind=, header=, and
 * which columns, by the names that kinds have for them.
 */
#include <string.h>

#include "data/data_kind.h"
#include "new.h"

const char *new_setting(const struct opts *o, const char *key)
{
	size_t n = strlen(key);

	for (int i = o->n_sets; i-- > 0;)
		if (!strncmp(o->set[i], key, n) && o->set[i][n] == '=')
			return o->set[i] + n + 1;
	return NULL;
}

static enum status set_column(const struct new_file *f, const char *value, int *column,
			      struct err *err)
{
	struct buf b;

	if (!value)
		return ST_OK;
	*column = guess_find_column(f->sample, f->guess.header, value);
	if (*column >= 0)
		return ST_OK;
	buf_init(&b);
	new_columns(f, &b);
	if (*column == GUESS_SEVERAL)
		err_set(err, ST_INVALID, "several columns are called '%.60s' in '%s': there "
			"are %s: say a number from 0, or '%.60s#2' for the second", value,
			f->path, buf_str(&b), value);
	else
		err_set(err, ST_INVALID, "no column '%.60s' in '%s': there are %s", value,
			f->path, buf_str(&b));
	buf_release(&b);
	return ST_INVALID;
}

enum status new_set_header(const struct opts *o, struct new_file *f, struct err *err)
{
	const char *header = new_setting(o, "header");
	bool yes = header && str_eq(header, "true");

	if (!header || f->sample->format == SOURCE_JSONL)
		return ST_OK;
	if (yes && !f->sample->can_name)
		return err_set(err, ST_INVALID, "the first row of '%s' has not as many "
			       "columns as most rows: it cannot name them", f->path);
	if (!yes && !str_eq(header, "false"))
		return err_set(err, ST_INVALID, "header is true or false, not '%.40s'",
			       header);
	guess_columns(f->sample, yes, &f->guess);
	f->guess.header_sure = 1;
	return ST_OK;
}

static const char *key_of(int kind, int column)
{
	return data_kind((enum task_kind)kind)->column[column].key;
}

/* By the name that any kind has for the column. */
static const char *column_setting(const struct opts *o, int column)
{
	const char *value = NULL;

	for (int k = 0; k < TASK_KINDS && !value; k++)
		if (key_of(k, column))
			value = new_setting(o, key_of(k, column));
	return value;
}

bool new_has_settings(const struct opts *o)
{
	return new_setting(o, "kind") || column_setting(o, COLUMN_TEXT) ||
	       column_setting(o, COLUMN_PAIR) || column_setting(o, COLUMN_TARGET);
}

static enum status refuse_kind(const char *kind, struct err *err)
{
	struct buf b;

	buf_init(&b);
	task_kind_words(" or ", &b);
	err_set(err, ST_INVALID, "kind is %s, not '%.40s'", buf_str(&b), kind);
	buf_release(&b);
	return ST_INVALID;
}

enum status new_apply_settings(const struct opts *o, const struct new_file *f,
			       struct guess_task *g, struct err *err)
{
	const char *kind = new_setting(o, "kind");
	enum task_kind k = TASK_KINDS;
	enum status st;

	if (kind && !task_kind_find(kind, &k))
		return refuse_kind(kind, err);
	if (kind && !key_of((int)k, COLUMN_TARGET))
		return err_set(err, ST_INVALID, "a task of kind %s is put into a plan by hand: "
			       "{ \"kind\": \"%s\", \"from\": TASK } reads the texts of "
			       "one that is there", kind, kind);
	for (int i = 0; kind && i < f->guess.n; i++)
		if (f->guess.option[i].kind == k) {
			*g = f->guess.option[i];
			break;
		}
	if (kind && g->kind != k)
		*g = (struct guess_task){ .kind = k, .text = -1, .pair = -1, .target = -1 };
	st = set_column(f, column_setting(o, COLUMN_TEXT), &g->text, err);
	if (!st)
		st = set_column(f, column_setting(o, COLUMN_PAIR), &g->pair, err);
	if (!st)
		st = set_column(f, column_setting(o, COLUMN_TARGET), &g->target, err);
	if (!data_kind(g->kind)->column[COLUMN_PAIR].key)
		g->pair = -1;
	str_copy(g->why, sizeof g->why, "");
	g->sure = 1;
	return st;
}

static bool is_listed(const struct buf *keys, const char *key, size_t n)
{
	const char *at = buf_str(keys);

	for (; *at; at += strcspn(at, ","), at += strspn(at, ", "))
		if (strcspn(at, ",") == n && !strncmp(at, key, n))
			return true;
	return false;
}

void new_set_model(const struct opts *o, struct draft_sizes *s)
{
	const char *kind = new_setting(o, "model.kind");
	const char *decoder = new_setting(o, "model.decoder");

	if (kind)
		s->kind = kind;
	if (decoder)
		s->decoder = decoder;
}

/* "kind, text, text_b, label, header": what is no field of a plan. */
static void put_keys(struct buf *keys)
{
	buf_adds(keys, "kind");
	for (int i = 0; i < TASK_KINDS * DATA_COLUMNS; i++) {
		const char *key = key_of(i / DATA_COLUMNS, i % DATA_COLUMNS);

		if (key && !is_listed(keys, key, strlen(key)))
			buf_addf(keys, ", %s", key);
	}
	buf_adds(keys, ", header");
}

enum status new_check_settings(const struct opts *o, struct err *err)
{
	enum status st = ST_OK;
	struct buf keys;

	buf_init(&keys);
	put_keys(&keys);
	for (int i = 0; i < o->n_sets && !st; i++) {
		size_t n = strcspn(o->set[i], "=");

		if (!is_listed(&keys, o->set[i], n) && !memchr(o->set[i], '.', n))
			st = err_set(err, ST_INVALID, "--set %.60s: %s, or a plan's field "
				     "as in model.dim", o->set[i], buf_str(&keys));
	}
	buf_release(&keys);
	return st;
}
