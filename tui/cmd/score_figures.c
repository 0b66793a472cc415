/*
 * score_figures.c - the figures of `score`, and words about what they are of.
 */
#include "score.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask/blind.h"
#include "base/mem.h"
#include "text/utf8.h"

static const char *const side_name[SIDES] = { "reference", "prediction" };

enum answer_kind score_kind(enum metric_id m)
{
	static const enum answer_kind kind[] = { [METRIC_LABELS] = ANSWER_LABEL,
						 [METRIC_NUMBERS] = ANSWER_NUMBER,
						 [METRIC_TEXTS] = ANSWER_TEXT };

	return kind[metric_table[m].input];
}

bool score_eats(const struct score *s, enum answer_kind k)
{
	for (int i = 0; i < s->n; i++)
		if (score_kind(s->m[i]) == k)
			return true;
	return false;
}

bool score_has(const struct score *s, enum metric_id m)
{
	for (int i = 0; i < s->n; i++)
		if (s->m[i] == m)
			return true;
	return false;
}

/* A word on stderr beside the figures; what is foreign in it is made harmless. */
static void tell(const char *fmt, ...) PRINTF_LIKE(1, 2);
static void tell(const char *fmt, ...)
{
	char text[ERR_MAX];
	struct buf b;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_init(&b);
	text_sanitize(&b, text, strlen(text));
	cmd_say("%s", buf_str(&b));
	buf_release(&b);
}

/* --- labels --- */

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The labels of both sides, each once. */
static void list_labels(struct score *s)
{
	const struct answers *a = s->a[ANSWER_LABEL];
	size_t n = 0, all = a[GOLD].n + a[PRED].n;
	char **list = xcalloc(all, sizeof *list);

	memcpy(list, a[GOLD].text, a[GOLD].n * sizeof *list);
	memcpy(list + a[GOLD].n, a[PRED].text, a[PRED].n * sizeof *list);
	qsort(list, all, sizeof *list, by_bytes);
	for (size_t i = 0; i < all; i++)
		if (!n || strcmp(list[n - 1], list[i]))
			list[n++] = list[i];
	s->label = list;
	s->n_labels = (int)n;
}

static int label_number(const struct score *s, const char *label)
{
	char *const *at = bsearch(&label, s->label, (size_t)s->n_labels, sizeof *s->label,
				  by_bytes);

	return at ? (int)(at - s->label) : -1;
}

/* Numbers of one side's labels. Caller frees. */
static int *number_labels(const struct score *s, int side)
{
	const struct answers *a = &s->a[ANSWER_LABEL][side];
	int *x = xcalloc(a->n, sizeof *x);

	for (size_t i = 0; i < a->n; i++)
		x[i] = label_number(s, a->text[i]);
	return x;
}

/* Predictions that no reference could be: a name is written in two ways, say. */
static void tell_strangers(const struct score *s)
{
	const struct answers *a = s->a[ANSWER_LABEL];
	bool *is_gold = xcalloc((size_t)s->n_labels, sizeof *is_gold);
	size_t strangers = 0, first = 0;

	for (size_t i = 0; i < a[GOLD].n; i++)
		is_gold[label_number(s, a[GOLD].text[i])] = true;
	for (size_t i = 0; i < a[PRED].n; i++)
		if (!is_gold[label_number(s, a[PRED].text[i])] && !strangers++)
			first = i;
	xfree(is_gold);
	if (strangers && strangers == a[PRED].n)
		tell("no prediction occurs among the references: '%.60s' beside '%.60s'",
		     a[PRED].text[0], a[GOLD].text[0]);
	else if (strangers)
		tell("%zu of %zu predictions occur in no reference, the first is '%.60s' "
		     "in line %zu", strangers, a[PRED].n, a[PRED].text[first], first + 1);
}

static void label_words(const struct score *s, struct buf *out)
{
	enum { SHOWN = 5 };

	for (int i = 0; i < s->n_labels && i < SHOWN; i++)
		buf_addf(out, "%s'%.40s'", i ? ", " : "", s->label[i]);
	if (s->n_labels > SHOWN)
		buf_addf(out, " and %d more", s->n_labels - SHOWN);
}

/* f1 is of two labels and the second is the positive one, or of one label asked for. */
static enum status find_positive(struct score *s, struct err *err)
{
	enum status st = ST_OK;
	struct buf b;

	if (!score_has(s, METRIC_F1))
		return ST_OK;
	buf_init(&b);
	label_words(s, &b);
	if (s->o->positive && label_number(s, s->o->positive) < 0)
		st = err_set(err, ST_INVALID, "no item is '%.60s', the positive label: "
			     "there are %s", s->o->positive, buf_str(&b));
	else if (s->o->positive)
		s->positive = s->o->positive;
	else if (s->n_labels == metric_table[METRIC_F1].labels)
		s->positive = s->label[1];
	else if (s->n_labels == 1)
		st = err_set(err, ST_INVALID, "f1 is of two labels, here is one, %s: is it "
			     "the one that is looked for? then --positive names it",
			     buf_str(&b));
	else
		st = err_set(err, ST_INVALID, "f1 is of two labels, here are %d: %s; "
			     "macro_f1 is of all, and with --positive f1 is of one "
			     "against the rest", s->n_labels, buf_str(&b));
	buf_release(&b);
	return st;
}

static double score_f1(const struct score *s, int *gold, int *pred, size_t n)
{
	int positive = label_number(s, s->positive);

	for (size_t i = 0; i < n; i++) {
		gold[i] = gold[i] == positive;
		pred[i] = pred[i] == positive;
	}
	return metric_labels(METRIC_F1, gold, pred, n, 2);
}

static double score_labels(const struct score *s, enum metric_id m)
{
	size_t n = s->a[ANSWER_LABEL][GOLD].n;
	int *gold = number_labels(s, GOLD), *pred = number_labels(s, PRED);
	double x = m == METRIC_F1 ? score_f1(s, gold, pred, n) :
		   metric_labels(m, gold, pred, n, s->n_labels);

	xfree(gold);
	xfree(pred);
	return x;
}

/* --- numbers --- */

static enum status read_numbers(const struct answers *a, double *out, struct err *err)
{
	for (size_t i = 0; i < a->n; i++)
		if (!parse_double(a->text[i], &out[i]))
			return err_set(err, ST_INVALID, "%s:%zu: '%.40s' is %s", a->path,
				       i + 1, a->text[i], is_decimal(a->text[i]) ?
				       "too large a number" : "not a number");
	return ST_OK;
}

static enum status score_numbers(struct score *s, int i, struct err *err)
{
	const struct answers *a = s->a[ANSWER_NUMBER];
	double *gold = xcalloc(a[GOLD].n, sizeof *gold);
	double *pred = xcalloc(a[PRED].n, sizeof *pred);
	enum status st = read_numbers(&a[GOLD], gold, err);

	if (!st)
		st = read_numbers(&a[PRED], pred, err);
	if (!st) {
		s->x[i] = metric_numbers(s->m[i], gold, pred, a[GOLD].n);
		s->why[i] = metric_numbers_why(gold, pred, a[GOLD].n);
	}
	xfree(gold);
	xfree(pred);
	return st;
}

/* --- texts --- */

/* Lsum is of lines: without any it is L, which nobody meant. */
static void tell_lines(const struct score *s)
{
	bool has[SIDES] = { false, false };

	if (!score_has(s, METRIC_ROUGELSUM) || s->rouge_options.split)
		return;
	for (int side = 0; side < SIDES; side++) {
		const struct answers *a = &s->a[ANSWER_TEXT][side];

		for (size_t i = 0; i < a->n && !has[side]; i++)
			has[side] = strchr(a->text[i], '\n') != NULL;
	}
	if (!has[GOLD] && !has[PRED])
		tell("no item has a line break, so rougeLsum is rougeL: give JSON "
		     "strings with \\n, or --split to cut sentences");
	else if (has[GOLD] != has[PRED])
		tell("no %s has a line break, so rougeLsum takes each for one sentence",
		     side_name[has[GOLD] ? PRED : GOLD]);
}

static void tell_blind(struct rouge_blind blind)
{
	struct buf b;

	buf_init(&b);
	if (rouge_blind_words(blind, "--unicode", &b))
		tell("%s", buf_str(&b));
	buf_release(&b);
}

static void add_rouge(struct score *s, const struct rouge *one)
{
	s->rouge[0] += one->r1.f1;
	s->rouge[1] += one->r2.f1;
	s->rouge[2] += one->rl.f1;
	s->rouge[3] += one->rlsum.f1;
}

/* All four at once, whichever are asked for. */
static enum status score_texts(struct score *s, struct err *err)
{
	const struct answers *a = s->a[ANSWER_TEXT];
	struct progress *pg = cmd_progress();
	struct rouge_scorer *rs = rouge_scorer_new(s->rouge_options);
	struct rouge_blind blind = { 0 };
	size_t n = a[GOLD].n;
	enum status st = ST_OK;

	tell_lines(s);
	progress_begin(pg, n, "items", "scoring");
	for (size_t i = 0; !st && i < n; i++) {
		struct rouge one;

		rouge_score(rs, a[GOLD].text[i], a[PRED].text[i], &one);
		add_rouge(s, &one);
		rouge_blind_add(&blind, rs, a[GOLD].text[i]);
		if (progress_tick(pg, i + 1))
			st = err_set(err, ST_STOPPED, "scoring was interrupted");
	}
	rouge_scorer_free(rs);
	for (int k = 0; k < 4; k++)
		s->rouge[k] /= (double)n;
	if (!st)
		tell_blind(blind);
	return st;
}

/* --- all of them --- */

static enum status check_counts(const struct answers *a, struct err *err)
{
	const struct answers *more = &a[a[PRED].n > a[GOLD].n ? PRED : GOLD];
	const char *last = more->text[more->n - 1];

	if (a[GOLD].n == a[PRED].n)
		return ST_OK;
	return err_set(err, ST_INVALID, "'%s' has %zu item%s, '%s' has %zu: one item a "
		       "line in both%s", a[GOLD].path, a[GOLD].n,
		       a[GOLD].n == 1 ? "" : "s", a[PRED].path, a[PRED].n,
		       *last ? "" : " (the last line of the longer one is blank)");
}

/* A member that no file has would leave their own ones in silence. */
static enum status check_field(const struct score *s, const struct answers *a,
			       struct err *err)
{
	const char *field = s->o->field;

	if (!field || str_eq(a[GOLD].field, field) || str_eq(a[PRED].field, field))
		return ST_OK;
	if (!a[GOLD].form && !a[PRED].form)
		return err_set(err, ST_INVALID, "--field is for JSON objects, and neither "
			       "'%s' nor '%s' has any", a[GOLD].path, a[PRED].path);
	return err_set(err, ST_INVALID, "no member '%.60s' in '%s', nor in '%s' (--field)",
		       field, a[GOLD].path, a[PRED].path);
}

static enum status read_sides(struct score *s, enum answer_kind k, struct err *err)
{
	struct answers *a = s->a[k];
	enum status st = ST_OK;

	for (int side = 0; side < SIDES && !st; side++) {
		st = answers_read(&s->items[side], k, s->o->field, &a[side], err);
		if (!st && a[side].not_string)
			tell("%s:%zu is no JSON string, so all lines of this file are "
			     "plain text, quotes and all", a[side].path,
			     a[side].not_string);
	}
	if (!st)
		st = check_field(s, a, err);
	return st ? st : check_counts(a, err);
}

static enum status prepare(struct score *s, enum answer_kind k, struct err *err)
{
	enum status st = score_eats(s, k) ? read_sides(s, k, err) : ST_OK;

	if (st || !score_eats(s, k) || k == ANSWER_NUMBER)
		return st;
	if (k == ANSWER_TEXT)
		return score_texts(s, err);
	list_labels(s);
	tell_strangers(s);
	return find_positive(s, err);
}

enum status score_all(struct score *s, struct err *err)
{
	enum status st = ST_OK;

	for (int k = 0; k < ANSWER_KINDS && !st; k++)
		st = prepare(s, (enum answer_kind)k, err);
	for (int i = 0; i < s->n && !st; i++) {
		enum answer_kind k = score_kind(s->m[i]);

		if (k == ANSWER_LABEL)
			s->x[i] = score_labels(s, s->m[i]);
		else if (k == ANSWER_NUMBER)
			st = score_numbers(s, i, err);
		else
			s->x[i] = s->rouge[s->m[i] - METRIC_ROUGE1];
	}
	return st;
}
