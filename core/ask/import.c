/*
 * import.c - a file of predictions, line by line, to the outcomes of dev rows.
 */
#include "ask/import.h"

#include <math.h>
#include <string.h>

#include "ask/ask_kind.h"
#include "ask/evaluate_internal.h"
#include "ask/import_match.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "data/items.h"

struct import {
	struct session *s;
	int task;
	const struct ask_kind *kind;
	const struct dataset *dev;
	struct items items;
	struct matcher match;
	struct outcome *out;    /* [rows] */
	size_t *line;           /* [rows] of the file, from 1; 0: nothing was said */
	bool *is_answered;      /* [rows] */
	int64_t last;           /* row of the line before */
	size_t unanswered;      /* lines without an answer; the first and why */
	size_t first;
	struct err why;
	struct imported *im;
};

/* --- one line --- */

static const struct json *member(const struct json *object, const char *key)
{
	const struct json *n = json_get(object, key);

	return n && json_type(n) != JSON_NULL ? n : NULL;
}

/* What it is matched by says nothing of it. */
static const struct json *find_value(const struct import *m, const struct json *object)
{
	const struct json *n = NULL;

	for (int k = 0; k < ASK_MEMBERS && m->kind->member[k] && !n; k++)
		if (!match_uses(&m->match, m->kind->member[k]))
			n = member(object, m->kind->member[k]);
	return n;
}

/* A row without an answer; the words are the line's own where it has some. */
static void take_no_answer(struct import *m, size_t line, const struct json *object,
			   const struct err *why)
{
	const struct json *e = json_get(object, "error");
	bool has_words = e && json_type(e) == JSON_STRING;

	if (m->unanswered++)
		return;
	m->first = line;
	err_set(&m->why, ST_NOT_FOUND, "%.200s", has_words ? json_string(e) : why->text);
}

static enum status take_answer(struct import *m, uint64_t row, size_t line,
			       const struct json *object, struct err *err)
{
	struct ask_said said = { .s = m->s, .task = m->task, .object = object,
				 .value = find_value(m, object) };
	struct example ex;
	struct err why = { "" };
	enum status st;

	dataset_get(m->dev, row, &ex);
	said.ex = &ex;
	st = m->kind->take(&said, &m->out[row], &why);
	m->line[row] = line;
	m->is_answered[row] = !st;
	if (st == ST_NOT_FOUND)
		take_no_answer(m, line, object, &why);
	else if (st)
		return err_set(err, st, "%s:%zu: %s", m->items.path, line, why.text);
	return ST_OK;
}

static enum status take_object(struct import *m, size_t line, const struct json *object,
			       struct err *err)
{
	bool is_lost = json_get(object, "error") && !find_value(m, object);
	struct err why = { "" };
	uint64_t row;
	enum status st = match_row(&m->match, object, m->line, &row, &why);

	if (st == ST_END || (st && is_lost)) {
		m->im->left_out++;
		return ST_OK;
	}
	if (!st && m->line[row])
		st = err_set(&why, ST_INVALID, "row %llu twice: line %zu has it, too",
			     (unsigned long long)row, m->line[row]);
	if (st)
		return err_set(err, st, "%s:%zu: %s", m->items.path, line, why.text);
	m->im->moved += (int64_t)row < m->last;
	m->last = (int64_t)row;
	return take_answer(m, row, line, object, err);
}

static enum status parse_line(const struct import *m, size_t line, struct json **out,
			      struct err *err)
{
	const char *text = m->items.text[line - 1];
	char where[PATH_MAX + 24];
	enum status st;

	str_format(where, sizeof where, "%s:%zu", m->items.path, line);
	st = json_parse(text, strlen(text), where, out, err);
	if (!st && json_type(*out) != JSON_OBJECT) {
		st = err_set(err, ST_INVALID, "%s: %s, not an object: {\"row\": 0, ...} a "
			     "line is wanted", where, json_type_name(json_type(*out)));
		json_free(*out);
		*out = NULL;
	}
	return st;
}

/* --- all lines --- */

static size_t count_lines(const struct import *m, size_t *first)
{
	size_t n = 0;

	for (size_t i = m->items.n; i-- > 0;)
		if (*m->items.text[i]) {
			n++;
			*first = i + 1;
		}
	return n;
}

/* The first object says by what all are matched. */
static enum status begin(struct import *m, struct err *err)
{
	struct json *object = NULL;
	size_t first = 0, n = count_lines(m, &first);
	enum status st;

	if (!n)
		return err_set(err, ST_INVALID, "no lines in '%s'", m->items.path);
	st = parse_line(m, first, &object, err);
	if (!st) {
		st = match_begin(&m->match, m->s, m->task, object, n, err);
		st = st ? err_wrap(err, st, "%s:%zu", m->items.path, first) : ST_OK;
	}
	json_free(object);
	return st;
}

static enum status read_lines(struct import *m, struct progress *pg, struct err *err)
{
	enum status st = ST_OK;

	progress_begin(pg, m->items.n, "lines", "reading %s", str_path_end(m->items.path));
	for (size_t i = 0; i < m->items.n && !st; i++) {
		struct json *object = NULL;

		if (!*m->items.text[i])
			continue;
		st = parse_line(m, i + 1, &object, err);
		if (!st)
			st = take_object(m, i + 1, object, err);
		json_free(object);
		if (!st && progress_tick(pg, i))
			st = err_set(err, ST_STOPPED, "import stopped");
	}
	return st;
}

/* --- rows without an answer --- */

static const char *advice(const struct import *m)
{
	return m->kind->take_none ? "'--missing wrong' counts such rows as wrong" :
	       "a number that is not there is neither right nor wrong: all rows want one";
}

static enum status refuse_missing(const struct import *m, uint64_t absent, uint64_t row,
				  struct err *err)
{
	struct example ex;

	if (m->unanswered)
		return err_set(err, ST_INVALID, "%s:%zu: no answer: %.200s%s; %s",
			       m->items.path, m->first, m->why.text,
			       m->unanswered > 1 ? ", and other lines have none" : "",
			       advice(m));
	dataset_get(m->dev, row, &ex);
	return err_set(err, ST_INVALID, "%llu of %llu dev rows have no line in '%s', the "
		       "first is row %llu (line %llu of the data); %s",
		       (unsigned long long)absent, (unsigned long long)m->im->rows,
		       m->items.path, (unsigned long long)row,
		       (unsigned long long)ex.line, advice(m));
}

static enum status fill_missing(struct import *m, bool wrong, struct err *err)
{
	uint64_t absent = 0, first = 0;

	for (uint64_t i = 0; i < m->im->rows; i++) {
		m->im->missing += !m->is_answered[i];
		if (!m->line[i] && !absent++)
			first = i;
	}
	if (m->im->missing && (!wrong || !m->kind->take_none))
		return refuse_missing(m, absent, first, err);
	for (uint64_t i = 0; i < m->im->rows; i++) {
		struct ask_said said = { .s = m->s, .task = m->task };
		struct example ex;

		if (m->is_answered[i])
			continue;
		dataset_get(m->dev, i, &ex);
		said.ex = &ex;
		m->kind->take_none(&said, &m->out[i]);
	}
	return ST_OK;
}

/* --- the whole --- */

static void count_probabilities(struct import *m)
{
	for (uint64_t i = 0; m->kind->has_p && i < m->im->rows; i++) {
		bool is_otherwise = false;

		m->im->with_p += m->kind->has_p(&m->out[i].p, &is_otherwise);
		m->im->unlikely += is_otherwise;
	}
}

static enum status read_file(struct import *m, bool wrong, struct progress *pg,
			     struct err *err)
{
	struct file_map map = { "", 0 };
	enum status st = file_map(m->items.path, &map, err);

	if (st)
		return st;
	hash_text(hash_bytes(map.p, map.len), m->im->hash);
	file_unmap(&map);
	st = items_read(m->items.path, &m->items, err);
	if (!st)
		st = begin(m, err);
	if (!st)
		st = read_lines(m, pg, err);
	return st ? st : fill_missing(m, wrong, err);
}

static void score(struct import *m)
{
	struct imported *im = m->im;

	im->by = m->match.by;
	count_probabilities(m);
	evaluate_outcomes(m->s, m->task, m->dev, m->out, &im->e);
	im->e.row.step = 0;
	im->e.row.scheduled = true;
}

enum status import_read(struct session *s, int task, const char *file, bool wrong,
			struct progress *pg, struct imported *out, struct err *err)
{
	struct import m = { .s = s, .task = task, .dev = s->task[task].dev, .im = out,
			    .items = { .path = file }, .last = -1,
			    .kind = ask_kind(s->plan->tasks[task].kind) };
	enum status st;

	*out = (struct imported){ 0 };
	if (!m.kind->take)
		return err_set(err, ST_INVALID, "predictions of tasks of kind %s cannot be "
			       "imported", task_kind_name(s->plan->tasks[task].kind));
	st = evaluate_baseline(s, task, NULL, 0, &out->baseline, err);
	if (st)
		return st;
	out->rows = dataset_size(m.dev);
	m.out = xcalloc(out->rows, sizeof *m.out);
	m.line = xcalloc(out->rows, sizeof *m.line);
	m.is_answered = xcalloc(out->rows, sizeof *m.is_answered);
	st = read_file(&m, wrong, pg, err);
	if (!st)
		score(&m);
	for (uint64_t i = 0; i < out->rows; i++)
		prediction_release(&m.out[i].p);
	xfree(m.out);
	xfree(m.line);
	xfree(m.is_answered);
	match_release(&m.match);
	items_release(&m.items);
	return st;
}

void imported_release(struct imported *im)
{
	evaluation_release(&im->e);
}

const char *import_by_name(enum import_by by)
{
	static const char *const name[] = { "row", "line", "text", "order" };

	return name[by];
}
