/*
 * extract_take.c - what another system kept of a text: a row of 0 and 1, as a text or a
 * list, or the text that is left, of which the units are found again as those of targets
 * are (text/units.h).
 */
#include "ask/extract_own.h"

#include <math.h> /* NAN */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/items.h"
#include "plan/plan_kind.h"

static void set_outcome(const struct ask_said *a, const struct extract_units *u,
			const char *text, struct outcome *o)
{
	struct rouge_scorer *rs = rouge_scorer_new(plan_rouge(&a->s->plan->tasks[a->task]));
	struct buf kept;

	extract_score(u, a->ex, text, NAN, rs, true, &o->p);
	rouge_scorer_free(rs);
	buf_init(&kept);
	extract_text(u, &kept);
	o->p.text = xstrdup(text ? text : buf_str(&kept));
	o->p.loss = NAN; /* nobody said how likely its units were */
	buf_release(&kept);
}

/* A list of 0 and 1, true and false, or words, as a text. */
static enum status join(const struct json *list, struct buf *out, struct err *err)
{
	char number[JSON_DIGITS];

	for (const struct json *e = json_first(list); e; e = json_next(e)) {
		buf_adds(out, out->len ? " " : "");
		switch (json_type(e)) {
		case JSON_BOOL:
			buf_adds(out, json_bool(e) ? "1" : "0");
			break;
		case JSON_NUMBER:
			json_number_text(e, number);
			buf_adds(out, number);
			break;
		case JSON_STRING:
			buf_adds(out, json_string(e));
			break;
		default:
			return err_set(err, ST_INVALID, "what is kept has %s in its list: 0 and 1 "
				       "are wanted, or words",
				       json_type_name(json_type(e)));
		}
	}
	return ST_OK;
}

static enum status take_text(const struct ask_said *a, const char *s, struct outcome *o,
			     struct err *err)
{
	const struct plan_task *t = &a->s->plan->tasks[a->task];
	size_t len = strlen(s);
	enum units_target what;
	enum status st = ST_OK;
	struct extract_units u;

	text_trim(&s, &len);
	if (!len)
		return err_set(err, ST_NOT_FOUND, "nothing is kept");
	extract_begin(&u, t);
	extract_read(&u, a->ex);
	what = units_of_target(u.how, u.unit, u.n, t->keep, s, len, u.pred);
	if (what == UNITS_MISCOUNTED) {
		st = err_set(err, ST_INVALID, "not as many 0 and 1 as the %d %s of the text", u.n,
			     u.how == UNIT_WORDS ? "words" : "sentences");
	} else {
		char *text = xstrndup(s, len);

		set_outcome(a, &u, what == UNITS_GIVEN ? NULL : text, o);
		xfree(text);
	}
	extract_end(&u);
	return st;
}

enum status extract_take(const struct ask_said *a, struct outcome *o, struct err *err)
{
	enum json_type type = a->value ? json_type(a->value) : JSON_NULL;
	enum status st = ST_OK;
	struct buf b;

	if (!a->value)
		return err_set(err, ST_NOT_FOUND, "no 'keep' and no 'text'");
	if (type != JSON_STRING && type != JSON_ARRAY)
		return err_set(err, ST_INVALID, "what is kept is %s: a string of 0 and 1 or of "
			       "words, or a list, is wanted", json_type_name(type));
	buf_init(&b);
	if (type == JSON_STRING)
		buf_adds(&b, json_string(a->value));
	else
		st = join(a->value, &b, err);
	if (!st)
		st = take_text(a, buf_str(&b), o, err);
	buf_release(&b);
	return st;
}

void extract_take_none(const struct ask_said *a, struct outcome *o)
{
	struct extract_units u;

	extract_begin(&u, &a->s->plan->tasks[a->task]);
	extract_read(&u, a->ex);
	set_outcome(a, &u, "", o);
	extract_end(&u);
}
