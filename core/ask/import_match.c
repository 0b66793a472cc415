/*
 * import_match.c - predictions and dev rows brought together: by number, by line, by
 * text (a sorted list of hashes), or one after the other.
 */
#include "ask/import_match.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/data_kind.h"
#include "data/items.h"
#include "data/json_text.h"

/* --- keys --- */

static struct hash key_of_line(uint64_t line)
{
	return (struct hash){ .lo = line };
}

/* Blanks at the ends are no part of a text here: programs trim them. */
static struct hash key_of_texts(const char *text, size_t n, const char *pair, size_t n_pair)
{
	struct hasher *h = hasher_new();

	text_trim(&text, &n);
	text_trim(&pair, &n_pair);
	hasher_add(h, text, n);
	hasher_add(h, "", 1);
	hasher_add(h, pair, n_pair);
	return hasher_end(h);
}

static struct hash key_of_example(const struct matcher *m, const struct example *e)
{
	if (m->by == IMPORT_BY_LINE)
		return key_of_line(e->line);
	return key_of_texts(e->text, e->text_len, m->pair ? e->pair : "",
			    m->pair ? e->pair_len : 0);
}

static int compare(struct hash a, struct hash b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return (a.lo > b.lo) - (a.lo < b.lo);
}

static int by_key(const void *pa, const void *pb)
{
	const struct match_key *a = pa, *b = pb;
	int c = compare(a->key, b->key);

	return c ? c : (a->row > b->row) - (a->row < b->row);
}

static void index_rows(const struct matcher *m, const struct dataset *d,
		       struct match_index *out)
{
	out->n = dataset_size(d);
	out->k = xcalloc(out->n + 1, sizeof *out->k);
	for (uint64_t i = 0; i < out->n; i++) {
		struct example e;

		dataset_get(d, i, &e);
		out->k[i] = (struct match_key){ key_of_example(m, &e), i };
	}
	qsort(out->k, out->n, sizeof *out->k, by_key);
}

/* The first place that is not before the key. */
static uint64_t find_first(const struct match_index *x, struct hash key)
{
	uint64_t low = 0, high = x->n;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (compare(x->k[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_at(const struct match_index *x, uint64_t at, struct hash key)
{
	return at < x->n && !compare(x->k[at].key, key);
}

/* --- by what --- */

/* The member that holds a column's text: the plan's own name of it, or the usual one. */
static const char *text_member(const struct matcher *m, const struct json *first,
			       const char *column, int usual)
{
	const char *key = data_kind(m->plan->kind)->column[usual].key;

	if (*column && json_get(first, column))
		return column;
	return key && json_get(first, key) ? key : NULL;
}

static bool find_texts(struct matcher *m, const struct json *first)
{
	m->text = text_member(m, first, m->plan->text, COLUMN_TEXT);
	m->pair = *m->plan->pair ?
		  text_member(m, first, m->plan->pair, COLUMN_PAIR) : NULL;
	return m->text && (m->pair || !*m->plan->pair);
}

static void list_members(const struct json *object, struct buf *out)
{
	for (const struct json *n = json_first(object); n; n = json_next(n))
		buf_addf(out, "%s'%.40s'", out->len ? ", " : "", json_key(n));
}

static enum status check_order(const struct matcher *m, const struct json *first,
			       size_t lines, struct err *err)
{
	const char *key = data_kind(m->plan->kind)->column[COLUMN_TEXT].key;
	uint64_t rows = dataset_size(m->dev);
	struct buf names;

	if (lines == rows)
		return ST_OK;
	buf_init(&names);
	list_members(first, &names);
	err_set(err, ST_INVALID, "%zu lines for %" PRIu64 " dev rows, and no 'row', 'line' or "
		"'%s' in them that says which is which (there are %.200s)", lines, rows, key,
		names.len ? buf_str(&names) : "no members");
	buf_release(&names);
	return ST_INVALID;
}

enum status match_begin(struct matcher *m, const struct session *s, int task,
			const struct json *first, size_t lines, struct err *err)
{
	*m = (struct matcher){ .plan = &s->plan->tasks[task], .dev = s->task[task].dev };
	if (json_get(first, "row"))
		m->by = IMPORT_BY_ROW;
	else if (json_get(first, "line"))
		m->by = IMPORT_BY_LINE;
	else if (find_texts(m, first))
		m->by = IMPORT_BY_TEXT;
	else
		m->by = IMPORT_BY_ORDER;
	if (m->by == IMPORT_BY_ORDER)
		return check_order(m, first, lines, err);
	if (m->by == IMPORT_BY_ROW)
		return ST_OK;
	index_rows(m, m->dev, &m->rows);
	if (!*m->plan->dev)
		index_rows(m, s->task[task].train, &m->others);
	return ST_OK;
}

/* --- one object --- */

static enum status take_number(const struct json *object, const char *key, int64_t least,
			       int64_t *out, struct err *err)
{
	const struct json *n = json_get(object, key);

	if (!n)
		return err_set(err, ST_INVALID, "no '%s' here, by which the first line is "
			       "matched", key);
	if (!json_int(n, out) || *out < least)
		return err_set(err, ST_INVALID, "'%s' is no whole number from %d", key,
			       (int)least);
	return ST_OK;
}

static enum status match_number(const struct matcher *m, const struct json *object,
				uint64_t *row, struct err *err)
{
	uint64_t n = dataset_size(m->dev);
	int64_t x = 0;
	enum status st = take_number(object, "row", 0, &x, err);

	*row = (uint64_t)x;
	if (st || *row < n)
		return st;
	return err_set(err, ST_INVALID, "no dev row %" PRIu64 ": there are %" PRIu64
		       ", 0 to %" PRIu64, *row, n, n - 1);
}

/* The key's rows; of those the first that is still free, else the last. */
static enum status match_key(const struct matcher *m, struct hash key, const size_t *said,
			     uint64_t *row)
{
	uint64_t at = find_first(&m->rows, key);

	if (!is_at(&m->rows, at, key))
		return is_at(&m->others, find_first(&m->others, key), key) ? ST_END :
									     ST_INVALID;
	while (said[m->rows.k[at].row] && is_at(&m->rows, at + 1, key))
		at++;
	*row = m->rows.k[at].row;
	return ST_OK;
}

static enum status match_line(const struct matcher *m, const struct json *object,
			      const size_t *said, uint64_t *row, struct err *err)
{
	const char *file = *m->plan->dev ? m->plan->dev : m->plan->train;
	int64_t line = 0;
	enum status st = take_number(object, "line", 1, &line, err);

	if (st)
		return st;
	st = match_key(m, key_of_line((uint64_t)line), said, row);
	return st == ST_INVALID ? err_set(err, st, "no dev row begins in line %lld of '%s'",
					  (long long)line, str_path_end(file)) : st;
}

static enum status take_text(const struct json *object, const char *key, struct buf *out,
			     struct err *err)
{
	const struct json *n = json_get(object, key);

	if (n && json_text(out, n))
		return ST_OK;
	return err_set(err, ST_INVALID, "'%s', by which the first line is matched, is missing "
		       "or no text", key);
}

static enum status match_text(const struct matcher *m, const struct json *object,
			      const size_t *said, uint64_t *row, struct err *err)
{
	struct buf text, pair;
	enum status st;

	buf_init(&text);
	buf_init(&pair);
	st = take_text(object, m->text, &text, err);
	if (!st && m->pair)
		st = take_text(object, m->pair, &pair, err);
	if (!st) {
		st = match_key(m, key_of_texts(buf_str(&text), text.len, buf_str(&pair),
					       pair.len), said, row);
		if (st == ST_INVALID)
			err_set(err, st, "no dev row has this text: '%.60s'",
				buf_str(&text));
	}
	buf_release(&text);
	buf_release(&pair);
	return st;
}

enum status match_row(struct matcher *m, const struct json *object, const size_t *said,
		      uint64_t *row, struct err *err)
{
	switch (m->by) {
	case IMPORT_BY_ROW: return match_number(m, object, row, err);
	case IMPORT_BY_LINE: return match_line(m, object, said, row, err);
	case IMPORT_BY_TEXT: return match_text(m, object, said, row, err);
	default: *row = m->next++; return ST_OK;
	}
}

bool match_uses(const struct matcher *m, const char *key)
{
	return m->by == IMPORT_BY_TEXT && ((m->text && str_eq(m->text, key)) ||
					   (m->pair && str_eq(m->pair, key)));
}

void match_release(struct matcher *m)
{
	xfree(m->rows.k);
	xfree(m->others.k);
	*m = (struct matcher){ 0 };
}
