/*
 * answers.c - items as labels, numbers or texts, whatever their form.
 */
#include "data/answers.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/json_text.h"

/* How members with an answer are called: predict's own names first. */
static const char *const known[ANSWER_KINDS][6] = {
	[ANSWER_LABEL] = { "label", "prediction" },
	[ANSWER_NUMBER] = { "value", "number", "prediction", "label", "score" },
	[ANSWER_TEXT] = { "text", "summary", "prediction", "target", "output" },
};

static enum status refuse(const struct answers *a, size_t i, const char *why,
			  struct err *err)
{
	return err_set(err, ST_INVALID, "%s:%zu: %s", a->path, i + 1, why);
}

/* --- the form --- */

/* The item as a JSON value of this type; NULL: it is none. Caller frees. */
static struct json *parse_as(const char *item, enum json_type type)
{
	struct json *doc = NULL;

	if (*item != (type == JSON_OBJECT ? '{' : '"') ||
	    json_parse(item, strlen(item), "item", &doc, NULL))
		return NULL;
	if (json_type(doc) == type)
		return doc;
	json_free(doc);
	return NULL;
}

static bool is_json(const char *item, enum json_type type)
{
	struct json *doc = parse_as(item, type);
	bool is = doc != NULL;

	json_free(doc);
	return is;
}

static bool are_mostly_objects(const struct items *t)
{
	size_t n = 0, objects = 0;

	for (size_t i = 0; i < t->n; i++) {
		n += *t->text[i] != '\0';
		objects += is_json(t->text[i], JSON_OBJECT);
	}
	return objects * 2 >= n;
}

/*
 * The first item that is not empty decides; a broken object among objects is no
 * text, wherever it stands. All must be strings for strings.
 */
static void find_form(const struct items *t, struct answers *a)
{
	size_t i = 0;

	while (i < t->n && !*t->text[i])
		i++;
	if (i == t->n)
		return;
	if (is_json(t->text[i], JSON_OBJECT) || are_mostly_objects(t))
		a->form = ANSWERS_OBJECTS;
	if (!is_json(t->text[i], JSON_STRING) || a->form)
		return;
	a->form = ANSWERS_STRINGS;
	for (; i < t->n && !a->not_string; i++)
		if (*t->text[i] && !is_json(t->text[i], JSON_STRING))
			a->not_string = i + 1;
	if (a->not_string)
		a->form = ANSWERS_PLAIN;
}

/* --- the member --- */

static void list_members(const struct json *row, struct buf *out)
{
	for (const struct json *n = json_first(row); n; n = json_next(n))
		buf_addf(out, "%s'%.40s'", out->len ? ", " : "", json_key(n));
}

static enum status refuse_members(const struct answers *a, const struct json *row,
				  const char *of, struct err *err)
{
	struct buf b;

	buf_init(&b);
	list_members(row, &b);
	err_set(err, ST_INVALID, "which member of '%s' is the answer? %s: %.200s (say so "
		"with --field)", a->path, of, b.len ? buf_str(&b) : "none");
	buf_release(&b);
	return ST_INVALID;
}

static enum status find_field(struct answers *a, const struct json *row,
			      enum answer_kind kind, const char *field, struct err *err)
{
	bool fits = field && strlen(field) < sizeof a->field;
	const char *found = fits && json_get(row, field) ? field : NULL;
	bool is_sure = found != NULL;

	for (int k = 0; !is_sure && known[kind][k]; k++) {
		if (!json_get(row, known[kind][k]))
			continue;
		if (found)
			return refuse_members(a, row, "more than one may be", err);
		found = known[kind][k];
	}
	if (!found)
		return refuse_members(a, row, "there are", err);
	str_copy(a->field, sizeof a->field, found);
	return ST_OK;
}

/* --- one item --- */

/* A row that `predict` had no answer for says why. */
static enum status refuse_object(const struct answers *a, size_t i,
				 const struct json *row, struct err *err)
{
	const struct json *e = json_get(row, "error");
	char why[200];

	if (e && json_type(e) == JSON_STRING)
		str_format(why, sizeof why, "no answer here: %.100s", json_string(e));
	else
		str_format(why, sizeof why, "'%s' is missing or no text", a->field);
	return refuse(a, i, why, err);
}

static enum status take_member(const struct answers *a, size_t i, const struct json *row,
			       enum answer_kind kind, struct buf *out, struct err *err)
{
	const struct json *n = json_get(row, a->field);

	if (n && json_type(n) == JSON_ARRAY && kind != ANSWER_TEXT)
		return refuse(a, i, row_fault_name(ROW_LIST), err);
	return json_text(out, n) ? ST_OK : refuse_object(a, i, row, err);
}

/* Why an item is none of the objects that the others are. */
static enum status refuse_no_object(const struct answers *a, size_t i, const char *item,
				    struct err *err)
{
	struct err why = { "" };
	const char *cause = NULL;
	struct json *doc = NULL;
	char words[200];

	if (!*item)
		return refuse(a, i, "a blank line among JSON objects", err);
	if (*item == '{' && json_parse(item, strlen(item), "item", &doc, &why))
		cause = strstr(why.text, ": ");
	json_free(doc);
	str_format(words, sizeof words, "no JSON object, as other lines are%.120s",
		   cause ? cause : "");
	return refuse(a, i, words, err);
}

static enum status take_object(struct answers *a, size_t i, const char *item,
			       enum answer_kind kind, const char *field, struct buf *out,
			       struct err *err)
{
	struct json *row = parse_as(item, JSON_OBJECT);
	enum status st = ST_OK;

	if (!row)
		return refuse_no_object(a, i, item, err);
	if (!a->field[0] && json_get(row, "error"))
		st = refuse_object(a, i, row, err);
	else if (!a->field[0])
		st = find_field(a, row, kind, field, err);
	if (!st)
		st = take_member(a, i, row, kind, out, err);
	json_free(row);
	return st;
}

static enum status take_item(struct answers *a, size_t i, const char *item,
			     enum answer_kind kind, const char *field, struct buf *out,
			     struct err *err)
{
	struct json *doc;

	if (a->form == ANSWERS_OBJECTS)
		return take_object(a, i, item, kind, field, out, err);
	doc = a->form == ANSWERS_STRINGS ? parse_as(item, JSON_STRING) : NULL;
	buf_adds(out, doc ? json_string(doc) : item);
	json_free(doc);
	return ST_OK;
}

static enum status add_answer(struct answers *a, const struct buf *text,
			      enum answer_kind kind, struct err *err)
{
	const char *p = buf_str(text);
	size_t n = text->len;

	if (kind != ANSWER_TEXT) {
		text_trim(&p, &n);
		if (!n)
			return refuse(a, a->n, kind == ANSWER_LABEL ? "an empty label" :
					       "empty, where a number is wanted", err);
	}
	ARRAY_GROW(a->text, a->n, a->cap);
	a->text[a->n++] = xstrndup(p, n);
	return ST_OK;
}

enum status answers_read(const struct items *t, enum answer_kind kind,
			 const char *field, struct answers *out, struct err *err)
{
	size_t n = t->n;
	enum status st = ST_OK;
	struct buf b;

	*out = (struct answers){ .path = t->path };
	find_form(t, out);
	while (n && !*t->text[n - 1] && (kind != ANSWER_TEXT || out->form))
		n--;
	if (!n)
		return err_set(err, ST_INVALID, "'%s' has blank lines alone", t->path);
	buf_init(&b);
	for (size_t i = 0; i < n && !st; i++) {
		buf_clear(&b);
		st = take_item(out, i, t->text[i], kind, field, &b, err);
		if (!st)
			st = add_answer(out, &b, kind, err);
	}
	buf_release(&b);
	return st;
}

void answers_release(struct answers *a)
{
	for (size_t i = 0; i < a->n; i++)
		xfree(a->text[i]);
	xfree(a->text);
	*a = (struct answers){ 0 };
}
