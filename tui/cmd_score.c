/*
 * cmd_score.c - `score`: metrics of predictions from anywhere, one item a line.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "cmd.h"
#include "metric/metric.h"
#include "metric/rouge.h"
#include "text/utf8.h"

enum { SCORE_FILE_MAX = 1 << 30, SCORE_METRICS = 16 };

/* A file cut into lines in place. */
struct lines {
	const char *name;
	struct buf text;
	char **line;
	size_t n, cap;
};

static void lines_release(struct lines *l)
{
	buf_release(&l->text);
	xfree(l->line);
}

static enum status lines_read(const char *path, struct lines *l, struct err *err)
{
	enum status st = file_read(path, SCORE_FILE_MAX, &l->text, err);
	char *p, *end;

	l->name = path;
	if (st)
		return st;
	if (memchr(buf_str(&l->text), 0, l->text.len))
		return err_set(err, ST_INVALID, "'%s' has NUL bytes: no text file", path);
	for (p = l->text.s, end = p + l->text.len; p && p < end;) {
		char *nl = memchr(p, '\n', (size_t)(end - p));

		ARRAY_GROW(l->line, l->n, l->cap);
		l->line[l->n++] = p;
		if (!nl)
			break;
		*nl = 0;
		if (nl > p && nl[-1] == '\r')
			nl[-1] = 0;
		p = nl + 1;
	}
	return ST_OK;
}

/* --- the metrics by input --- */

/* The number of a label among those seen so far; adds it when new. */
static int label_number(char ***seen, size_t *n, size_t *cap, char *label)
{
	for (size_t i = 0; i < *n; i++)
		if (str_eq((*seen)[i], label))
			return (int)i;
	*seen = array_grow(*seen, *n + 1, cap, sizeof **seen);
	(*seen)[*n] = label;
	return (int)(*n)++;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Labels sort by bytes, as in a plan: of "0" and "1", "1" is the positive one. */
static double score_labels(enum metric_id m, struct lines *gold, struct lines *pred)
{
	int *g = xcalloc(gold->n, sizeof *g), *p = xcalloc(gold->n, sizeof *p);
	char **seen = NULL;
	size_t n = 0, cap = 0;
	double x;

	for (size_t i = 0; i < gold->n; i++) {
		label_number(&seen, &n, &cap, gold->line[i]);
		label_number(&seen, &n, &cap, pred->line[i]);
	}
	qsort(seen, n, sizeof *seen, by_bytes);
	for (size_t i = 0; i < gold->n; i++) {
		g[i] = label_number(&seen, &n, &cap, gold->line[i]);
		p[i] = label_number(&seen, &n, &cap, pred->line[i]);
	}
	x = metric_labels(m, g, p, gold->n, (int)n);
	xfree(g);
	xfree(p);
	xfree(seen);
	return x;
}

static enum status read_numbers(const struct lines *l, double *out, struct err *err)
{
	for (size_t i = 0; i < l->n; i++)
		if (!parse_double(l->line[i], &out[i]))
			return err_set(err, ST_INVALID, "%s:%zu: '%.40s' is not a number",
				       l->name, i + 1, l->line[i]);
	return ST_OK;
}

static enum status score_numbers(enum metric_id m, struct lines *gold,
				 struct lines *pred, double *x, struct err *err)
{
	double *g = xcalloc(gold->n, sizeof *g), *p = xcalloc(gold->n, sizeof *p);
	enum status st = read_numbers(gold, g, err);

	if (!st)
		st = read_numbers(pred, p, err);
	if (!st)
		*x = metric_numbers(m, g, p, gold->n);
	xfree(g);
	xfree(p);
	return st;
}

/* Mean F1 over pairs of all four ROUGEs at once, kept for the next metric. */
struct rouge_means {
	bool is_done;
	double f1[4];
};

static enum status score_texts(struct rouge_means *r, struct lines *gold,
			       struct lines *pred, struct err *err)
{
	struct progress *pg = cmd_progress();
	struct rouge_scorer *s = rouge_scorer_new((struct rouge_options){ 0 });
	enum status st = ST_OK;

	progress_begin(pg, gold->n, "lines", "scoring");
	for (size_t i = 0; !st && i < gold->n; i++) {
		struct rouge one;

		rouge_score(s, gold->line[i], pred->line[i], &one);
		r->f1[0] += one.r1.f1;
		r->f1[1] += one.r2.f1;
		r->f1[2] += one.rl.f1;
		r->f1[3] += one.rlsum.f1;
		if (progress_tick(pg, i + 1))
			st = err_set(err, ST_STOPPED, "scoring was interrupted");
	}
	rouge_scorer_free(s);
	for (int k = 0; k < 4; k++)
		r->f1[k] /= (double)gold->n;
	r->is_done = true;
	return st;
}

static enum status score_one(enum metric_id m, struct lines *gold, struct lines *pred,
			     struct rouge_means *r, double *x, struct err *err)
{
	enum status st = ST_OK;

	switch (metric_table[m].input) {
	case METRIC_LABELS: *x = score_labels(m, gold, pred); break;
	case METRIC_NUMBERS: st = score_numbers(m, gold, pred, x, err); break;
	case METRIC_TEXTS:
		if (!r->is_done)
			st = score_texts(r, gold, pred, err);
		*x = r->f1[m - METRIC_ROUGE1];
		break;
	}
	return st;
}

/* --- the list of metrics --- */

static enum status add_metric(enum metric_id *list, int *n, const char *name, size_t len,
			      struct err *err)
{
	struct buf names;

	if (len == 5 && !strncmp(name, "rouge", 5)) { /* all four */
		for (int k = 0; k < 4 && *n < SCORE_METRICS; k++)
			list[(*n)++] = (enum metric_id)(METRIC_ROUGE1 + k);
		return ST_OK;
	}
	for (int i = 0; i < METRICS; i++)
		if (strlen(metric_table[i].name) == len &&
		    !strncmp(metric_table[i].name, name, len) && *n < SCORE_METRICS) {
			list[(*n)++] = metric_table[i].id;
			return ST_OK;
		}
	buf_init(&names);
	for (int i = 0; i < METRICS; i++)
		buf_addf(&names, " %s", metric_table[i].name);
	err_set(err, ST_INVALID, "no metric '%.*s'; there are: rouge%s",
		(int)(len < 60 ? len : 60), name, buf_str(&names));
	buf_release(&names);
	return ST_INVALID;
}

static enum status parse_metrics(const char *text, enum metric_id *list, int *n,
				 struct err *err)
{
	enum status st = ST_OK;

	*n = 0;
	while (!st) {
		size_t len = strcspn(text, ",");

		st = add_metric(list, n, text, len, err);
		if (!text[len])
			break;
		text += len + 1;
	}
	return st;
}

static void print_scores(const enum metric_id *m, const double *x, int n, size_t items,
			 bool json)
{
	struct json_out j;
	struct buf b;

	if (!json) {
		bool has_rouge = false;

		for (int i = 0; i < n; i++) {
			printf("%-10s %7.4f\n", metric_table[m[i]].name, x[i]);
			has_rouge |= metric_table[m[i]].input == METRIC_TEXTS;
		}
		if (has_rouge)
			printf("%s\n", rouge_signature((struct rouge_options){ 0 }));
		return;
	}
	buf_init(&b);
	json_out_init(&j, &b, 0);
	json_open(&j, NULL, '{');
	json_put_int(&j, "schema", 1);
	json_put_str(&j, "event", "score");
	json_put_int(&j, "n", (int64_t)items);
	for (int i = 0; i < n; i++)
		json_put_num(&j, metric_table[m[i]].name, x[i]);
	json_close(&j, '}');
	puts(buf_str(&b));
	buf_release(&b);
}

int cmd_score(const struct opts *o)
{
	enum metric_id m[SCORE_METRICS];
	double x[SCORE_METRICS];
	struct lines gold = { 0 }, pred = { 0 };
	struct rouge_means rouge = { 0 };
	struct err err;
	int n = 0;
	enum status st = parse_metrics(o->arg[0], m, &n, &err);

	if (st)
		return cmd_fail(st, &err), EXIT_USAGE;
	cmd_catch_signals();
	st = lines_read(o->arg[1], &gold, &err);
	if (!st)
		st = lines_read(o->arg[2], &pred, &err);
	if (!st && gold.n != pred.n)
		st = err_set(&err, ST_INVALID,
			     "'%s' has %zu lines, '%s' has %zu: one item a line in both",
			     gold.name, gold.n, pred.name, pred.n);
	if (!st && !gold.n)
		st = err_set(&err, ST_INVALID, "'%s' is empty", gold.name);
	for (int i = 0; !st && i < n; i++)
		st = score_one(m[i], &gold, &pred, &rouge, &x[i], &err);
	cmd_progress_end();
	if (!st)
		print_scores(m, x, n, gold.n, o->json);
	lines_release(&gold);
	lines_release(&pred);
	return st ? cmd_fail(st, &err) : EXIT_WELL;
}
