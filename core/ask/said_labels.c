/*
 * said_labels.c - see said_labels.h.
 */
#include "ask/said_labels.h"

#include "base/mem.h"
#include "data/items.h"
#include "data/json_text.h"

enum { LABELS_SHOWN = 6 };

/* "'neg', 'pos' and 3 more" */
static void label_words(const struct session_task *t, struct buf *out)
{
	for (int k = 0; k < t->n_labels && k < LABELS_SHOWN; k++)
		buf_addf(out, "%s'%.40s'", k ? ", " : "", t->labels[k]);
	if (t->n_labels > LABELS_SHOWN)
		buf_addf(out, " and %d more", t->n_labels - LABELS_SHOWN);
}

static int find_label(const struct session_task *t, const char *name)
{
	for (int k = 0; k < t->n_labels; k++)
		if (str_eq(t->labels[k], name))
			return k;
	return -1;
}

enum status said_label(const struct session_task *t, const struct json *value, int *out,
		       struct err *err)
{
	struct buf text, words;
	const char *p;
	int64_t number;
	size_t n;
	char *name;

	if (json_type(value) == JSON_ARRAY || json_type(value) == JSON_OBJECT)
		return err_set(err, ST_INVALID, "a label is %s: its name or number is wanted",
			       json_type_name(json_type(value)));
	buf_init(&text);
	json_text(&text, value);
	p = buf_str(&text);
	n = text.len;
	text_trim(&p, &n);
	name = xstrndup(p, n);
	*out = find_label(t, name);
	if (*out < 0 && json_type(value) == JSON_NUMBER && json_int(value, &number) &&
	    number >= 0 && number < t->n_labels)
		*out = (int)number;
	buf_init(&words);
	label_words(t, &words);
	if (*out < 0)
		err_set(err, ST_INVALID, "unknown label '%.60s': the labels are %s (or 0 to "
			"%d, their number)", name, buf_str(&words), t->n_labels - 1);
	buf_release(&words);
	buf_release(&text);
	xfree(name);
	return *out < 0 ? ST_INVALID : ST_OK;
}

enum status said_probabilities(const struct session_task *t, const struct json *all,
			       double *p, struct err *err)
{
	bool is_list = json_type(all) == JSON_ARRAY;
	int at = 0;

	if (!is_list && json_type(all) != JSON_OBJECT)
		return err_set(err, ST_INVALID, "'p' is %s: a probability for each label is "
			       "wanted, {LABEL: P, ...} or a list in their order",
			       json_type_name(json_type(all)));
	if (json_len(all) != t->n_labels)
		return err_set(err, ST_INVALID, "'p' has %d probabilities for %d labels",
			       json_len(all), t->n_labels);
	for (const struct json *n = json_first(all); n; n = json_next(n), at++) {
		int k = is_list ? at : find_label(t, json_key(n));

		if (k < 0)
			return err_set(err, ST_INVALID, "'p' has an unknown label '%.60s'",
				       json_key(n));
		if (json_type(n) != JSON_NUMBER || !(json_number(n) >= 0) ||
		    !(json_number(n) <= 1))
			return err_set(err, ST_INVALID, "'p' of '%.60s' is no number from 0 "
				       "to 1", t->labels[k]);
		p[k] = json_number(n);
	}
	return ST_OK;
}
