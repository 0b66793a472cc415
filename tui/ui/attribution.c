/*
 * attribution.c - asking for attributions, keeping the answers, reading them.
 */
#include "attribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "models.h"
#include "ui.h"

const char *method_name(enum attribution_method m)
{
	return m == METHOD_OCCLUSION ? "occlusion" : "gradient x input";
}

void attribution_clear(struct attribution *a)
{
	xfree(a->text[0]);
	xfree(a->text[1]);
	xfree(a->word);
	memset(a, 0, sizeof *a);
}

void attributions_release(struct attributions *all)
{
	for (int i = 0; i < ATTRIBUTIONS_KEPT; i++)
		attribution_clear(&all->a[i]);
}

/* --- reading an answer --- */

static double number_of(const struct json *j)
{
	return j && json_type(j) == JSON_NUMBER ? json_number(j) : NAN;
}

static const struct json *array_of(const struct json *doc, const char *name)
{
	const struct json *j = json_get(doc, name);

	return j && json_type(j) == JSON_ARRAY ? json_first(j) : NULL;
}

static char *string_of(const struct json *doc, const char *name)
{
	const struct json *j = json_get(doc, name);

	return j && json_type(j) == JSON_STRING ? xstrdup(json_string(j)) : NULL;
}

/* Adds a piece to the word before when it goes on with it. Two may share a character. */
static void add_piece(struct attribution *a, const struct attributed *piece, bool goes_on)
{
	struct attributed *w = a->n ? &a->word[a->n - 1] : NULL;
	double x = piece->score[METHOD_OCCLUSION];

	if (!goes_on || !w || w->text != piece->text || w->to < piece->from) {
		a->word[a->n++] = *piece;
		return;
	}
	w->to = piece->to > w->to ? piece->to : w->to;
	w->score[METHOD_GRADIENT] += piece->score[METHOD_GRADIENT];
	if (!(fabs(w->score[METHOD_OCCLUSION]) >= fabs(x)) && !isnan(x))
		w->score[METHOD_OCCLUSION] = x;
}

static void read_pieces(struct attribution *a, const struct json *doc)
{
	const struct json *piece = array_of(doc, "pieces"), *span = array_of(doc, "offsets");
	const struct json *grad = array_of(doc, "gradient_x_input");
	const struct json *drop = array_of(doc, "occlusion");
	const struct json *word = array_of(doc, "words");
	int second = (int)number_of(json_get(doc, "second")), i = 0;
	double last = NAN;

	for (; piece && span && grad && drop && a->n < ATTRIBUTION_WORDS; i++) {
		bool is_text = json_type(span) == JSON_ARRAY && json_first(span) &&
			       json_type(piece) == JSON_STRING;
		double from = is_text ? number_of(json_first(span)) : NAN;
		double to = is_text ? number_of(json_next(json_first(span))) : NAN;
		int t = i >= second;
		double len = a->text[t] ? (double)strlen(a->text[t]) : -1;

		if (from >= 0 && to >= from && to <= len)
			add_piece(a, &(struct attributed){ t, (size_t)from, (size_t)to,
				  { number_of(grad), number_of(drop) } },
				  number_of(word) - last == 0);
		last = number_of(word);
		word = word ? json_next(word) : NULL;
		piece = json_next(piece);
		span = json_next(span);
		grad = json_next(grad);
		drop = json_next(drop);
	}
}

enum status attribution_read(struct attribution *a, const char *json, size_t len,
			     struct err *err)
{
	const struct json *pred;
	struct json *doc = NULL;
	enum status st = json_parse(json, len, "answer", &doc, err);

	if (st)
		return st;
	if (json_type(doc) != JSON_OBJECT) {
		json_free(doc);
		return err_set(err, ST_INVALID, "the answer is no object");
	}
	a->word = xcalloc(ATTRIBUTION_WORDS, sizeof *a->word);
	a->text[0] = string_of(doc, "text");
	a->text[1] = string_of(doc, "pair");
	a->p = number_of(json_get(doc, "p"));
	a->left_out = (int)number_of(json_get(doc, "left_out"));
	a->occluded = (int)number_of(json_get(doc, "occluded"));
	a->is_said = json_get(doc, "is_said") != NULL;
	pred = json_get(doc, "pred");
	if (pred && json_type(pred) == JSON_STRING)
		str_copy(a->pred, sizeof a->pred, json_string(pred));
	else
		str_format(a->pred, sizeof a->pred, a->is_said ? "%.10g" : "%.3f",
			   number_of(pred));
	read_pieces(a, doc);
	json_free(doc);
	return ST_OK;
}

/* --- asking --- */

struct attribution_key attribution_key(const struct ui *ui, int task, int64_t row,
				       int64_t step)
{
	return (struct attribution_key){ task, row, step,
					 models_is_live(ui) ? -1 : ui->models.step };
}

static bool is_same(const struct attribution_key *a, const struct attribution_key *b)
{
	return a->task == b->task && a->row == b->row && a->step == b->step &&
	       a->model == b->model;
}

const struct attribution *attribution_find(const struct ui *ui,
					   const struct attribution_key *k)
{
	for (int i = 0; i < ATTRIBUTIONS_KEPT; i++) {
		const struct attribution *a = &ui->attributions.a[i];

		if (a->is_used && is_same(&a->key, k))
			return a;
	}
	return NULL;
}

/* Questions are answered in the order they were asked: the oldest one waits. */
static void take(struct ui *ui, enum status st, const char *text)
{
	struct attribution *a = NULL;
	struct err err = { "" };

	for (int i = 0; i < ATTRIBUTIONS_KEPT; i++) {
		struct attribution *k = &ui->attributions.a[i];

		if (k->is_used && k->is_waiting && (!a || k->asked < a->asked))
			a = k;
	}
	if (!a)
		return;
	a->is_waiting = false;
	if (!st)
		st = attribution_read(a, text, strlen(text), &err);
	if (st)
		str_copy(a->why, sizeof a->why, err.text[0] ? err.text :
			 text[0] ? text : "there is no answer");
}

/* An empty place, or the oldest answer's; NULL: all of them are awaited. */
static struct attribution *place_for(struct attributions *all)
{
	struct attribution *best = NULL;

	for (int i = 0; i < ATTRIBUTIONS_KEPT; i++) {
		struct attribution *a = &all->a[i];

		if (!a->is_used)
			return a;
		if (!a->is_waiting && (!best || a->asked < best->asked))
			best = a;
	}
	return best;
}

static void put_line(struct buf *b, const char *text)
{
	for (; text && *text; text++)
		buf_addc(b, (unsigned char)*text < ' ' ? ' ' : *text);
}

void attribution_ask(struct ui *ui, const struct attribution_key *k, const char *text,
		     const char *pair)
{
	const struct attribution *there = attribution_find(ui, k);
	struct attribution *a = place_for(&ui->attributions);
	struct buf line;

	if ((there && (there->is_waiting || !there->why[0])) || k->task < 0)
		return;
	a = there ? (struct attribution *)there : a;
	if (!a) {
		ui_say(ui, true, "too many questions wait for their answers");
		return;
	}
	buf_init(&line);
	buf_addf(&line, "explain %s ", ui->pic->ch[k->task].name);
	put_line(&line, text);
	if (pair)
		buf_adds(&line, " || ");
	put_line(&line, pair);
	attribution_clear(a);
	*a = (struct attribution){ .key = *k, .is_used = true, .is_waiting = true,
				   .asked = ++ui->attributions.asked, .p = NAN };
	if (!ui_ask(ui, buf_str(&line), take))
		attribution_clear(a);
	else /* of a run that has ended the first question chooses the model */
		a->key.model = attribution_key(ui, k->task, k->row, k->step).model;
	buf_release(&line);
}

/* --- what is strong --- */

static double largest(const struct attribution *a, enum attribution_method m)
{
	double most = 0;

	for (int i = 0; i < a->n; i++)
		most = fmax(most, fabs(a->word[i].score[m])); /* not of NaN */
	return most;
}

int attribution_level(const struct attribution *a, enum attribution_method m, int word)
{
	double v = a->word[word].score[m], part = fabs(v) / largest(a, m);
	int level = part > 2. / 3 ? 3 : part > 1. / 3 ? 2 : part > 1. / 8 ? 1 : 0;

	return v < 0 ? -level : level;
}

int attribution_top(const struct attribution *a, enum attribution_method m, int *word,
		    int cap)
{
	int n = 0;

	for (int i = 0; i < a->n; i++) {
		double v = fabs(a->word[i].score[m]);
		int at = n;

		if (!(v > 0))
			continue;
		while (at > 0 && fabs(a->word[word[at - 1]].score[m]) < v)
			at--;
		if (at == cap)
			continue;
		n = n < cap ? n + 1 : cap;
		memmove(word + at + 1, word + at, (size_t)(n - 1 - at) * sizeof *word);
		word[at] = i;
	}
	return n;
}
