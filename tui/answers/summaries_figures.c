/*
 * summaries_figures.c - the numbers of an example: scores and copying, beside
 * the means over all kept examples.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask/ask_summarize.h"
#include "base/str.h"
#include "summaries_own.h"

static enum ink score_ink(double f1)
{
	return f1 >= .4 ? INK_GOOD : f1 >= .2 ? INK_WARN : INK_BAD;
}

static const char *signed_metric(char out[24], double x)
{
	char number[24];

	str_format(out, 24, "%s%s", x < 0 ? "-" : x > 0 ? "+" : "",
		   fmt_metric(number, fabs(x)));
	return out;
}

/* --- scores --- */

struct columns {
	int w, p, r, f1, lead, mean, change; /* ends; 0: not shown */
};

static struct columns score_columns(int w, bool has_change, const char *lead)
{
	struct columns k = {.w = w, .p = 13, .r = 19, .f1 = 25};

	if (w >= 46) {
		k = (struct columns){.w = w, .p = 15, .r = 22, .f1 = 29, .mean = 37,
				     .lead = 45};
		k.change = has_change && w >= 52 ? 52 : 0;
		if (has_change && !k.change)
			k.change = k.lead, k.lead = 0;
	} else if (has_change) {
		k.change = 32;
	} else {
		k.lead = strlen(lead) < 7 ? 32 : 33;
	}
	return k;
}

static void put(struct canvas *c, int y, int x, int end, enum ink ink, const char *s)
{
	if (end)
		draw_right(c, y, x + end, 6, ink, s);
}

static void score_row(struct canvas *c, int y, int x, const struct columns *k,
		      const char *name, const struct rouge_score *s[4])
{
	double change = s[0]->f1 - s[3]->f1;
	char number[24];

	draw_text(c, y, x, 8, INK_TEXT, name);
	put(c, y, x, k->p, INK_TEXT, fmt_metric(number, s[0]->precision));
	put(c, y, x, k->r, INK_TEXT, fmt_metric(number, s[0]->recall));
	c->flags = CELL_BOLD;
	put(c, y, x, k->f1, score_ink(s[0]->f1), fmt_metric(number, s[0]->f1));
	c->flags = 0;
	put(c, y, x, k->mean, INK_DIM, fmt_metric(number, s[1]->f1));
	put(c, y, x, k->lead, s[2]->f1 > s[0]->f1 ? INK_WARN : INK_DIM,
	    fmt_metric(number, s[2]->f1));
	if (k->change)
		put(c, y, x, k->change, change < 0 ? INK_BAD : change > 0 ? INK_GOOD :
		    INK_DIM, signed_metric(number, change));
}

static void score_head(struct canvas *c, int y, int x, const struct columns *k,
		       const char *lead)
{
	put(c, y, x, k->p, INK_DIM, "P");
	put(c, y, x, k->r, INK_DIM, "R");
	put(c, y, x, k->f1, INK_DIM, "F1");
	put(c, y, x, k->mean, INK_DIM, "all F1");
	if (k->lead)
		draw_right(c, y, x + k->lead, 7, INK_DIM, lead);
	put(c, y, x, k->change, INK_DIM, "since");
}

void draw_scores(struct canvas *c, struct rect r, const struct summaries_view *v,
		 const struct example_figures *f, const struct rouge *was)
{
	const struct summaries_means *m = &v->mean;
	struct columns k = score_columns(r.w, was != NULL, v->lead);
	const struct rouge *w = was ? was : &f->rouge;
	const struct rouge_score *one[4] = {&f->rouge.r1, &m->rouge.r1, &f->lead.r1, &w->r1};
	const struct rouge_score *two[4] = {&f->rouge.r2, &m->rouge.r2, &f->lead.r2, &w->r2};
	const struct rouge_score *all[4] = {&f->rouge.rl, &m->rouge.rl, &f->lead.rl, &w->rl};

	score_head(c, r.y, r.x, &k, v->lead);
	score_row(c, r.y + 1, r.x, &k, "ROUGE-1", one);
	score_row(c, r.y + 2, r.x, &k, "ROUGE-2", two);
	score_row(c, r.y + 3, r.x, &k, "ROUGE-L", all);
}

/* --- copying --- */

enum unit { SHARE, NUMBER, PERCENT };

static const char *figure_text(char out[24], double x, enum unit unit)
{
	if (!isfinite(x))
		return "-";
	if (unit == PERCENT)
		snprintf(out, 24, "%.0f%%", 100 * x);
	else if (unit == SHARE)
		snprintf(out, 24, "%.2f", x);
	else
		snprintf(out, 24, x == floor(x) && x < 1000 ? "%.0f" : "%.1f", x);
	return out;
}

struct figure_row {
	const char *name;
	enum unit unit;
	double mine, all;
	bool is_bad; /* worth a look */
};

enum { FIGURES = 8, GRID_COLS = 41, GRID_WIDE = 50 };
static void figure_rows(const struct summaries_means *m, const struct example_figures *f,
			struct figure_row out[FIGURES])
{
	const struct copying *k = &f->copying;
	const struct figure_row row[FIGURES] = {
		{"coverage", SHARE, k->coverage, m->coverage, false},
		{"density", NUMBER, k->density, m->density, false},
		{"longest", NUMBER, k->longest, m->longest, false},
		{"length", SHARE, f->ratio, m->ratio, f->ratio > 2 || f->ratio < .5},
		{"novel 1", PERCENT, k->novel[0], m->novel[0], false},
		{"novel 2", PERCENT, k->novel[1], m->novel[1], false},
		{"novel 3", PERCENT, k->novel[2], m->novel[2], false},
		{"repeats", NUMBER, k->repeats, m->repeats, k->repeats > 0},
	};

	memcpy(out, row, sizeof row);
}

/* Where the columns end that stand beside the names. */
struct grid {
	int mine, all, next; /* next: where the second column of names begins */
	bool two;
};

static struct grid grid_of(int w)
{
	if (w >= GRID_WIDE)
		return (struct grid){14, 21, 28, true};
	return (struct grid){13, 19, 22, w >= GRID_COLS};
}

static void draw_figure(struct canvas *c, int y, int x, const struct grid *g,
			const struct figure_row *row)
{
	char number[24];

	draw_text(c, y, x, 9, INK_DIM, row->name);
	draw_right(c, y, x + g->mine, 5, row->is_bad ? INK_WARN : INK_TEXT,
		   figure_text(number, row->mine, row->unit));
	draw_right(c, y, x + g->all, 5, INK_DIM,
		   figure_text(number, row->all, row->unit));
}

static void figure_head(struct canvas *c, int y, int x, const struct grid *g)
{
	draw_right(c, y, x + g->mine, 5, INK_DIM, "this");
	draw_right(c, y, x + g->all, 5, INK_DIM, "all");
}

/* In two columns where there is room, else as many as there are lines. */
static void draw_grid(struct canvas *c, struct rect r, const struct figure_row *row)
{
	struct grid g = grid_of(r.w);

	figure_head(c, r.y, r.x, &g);
	if (g.two)
		figure_head(c, r.y, r.x + g.next, &g);
	for (int i = 0; i < FIGURES; i++) {
		int y = r.y + 1 + (g.two ? i % 4 : i);

		if (y < r.y + r.h)
			draw_figure(c, y, r.x + (g.two ? i / 4 * g.next : 0), &g,
				    &row[i]);
	}
}

/* "copied .92  longest 4  novel 7%": what fits. */
static void draw_line(struct canvas *c, struct rect r, const struct figure_row *row)
{
	static const struct { int which; const char *name; } item[] = {
		{0, "copied"}, {2, "longest"}, {4, "novel"}, {7, "repeats"}, {3, "length"}};
	int x = r.x, end = r.x + r.w;

	for (size_t i = 0; i < sizeof item / sizeof *item; i++) {
		const struct figure_row *k = &row[item[i].which];
		char number[24];
		const char *text = figure_text(number, k->mine, k->unit);
		int w = (int)(strlen(item[i].name) + 1 + strlen(text));

		if (x + w > end)
			break;
		x += draw_text(c, r.y, x, end - x, INK_DIM, item[i].name) + 1;
		x += draw_text(c, r.y, x, end - x, k->is_bad ? INK_WARN : INK_TEXT, text) + 2;
	}
}

void draw_copying(struct canvas *c, struct rect r, const struct summaries_view *v,
		  const struct example_figures *f)
{
	struct figure_row row[FIGURES];

	figure_rows(&v->mean, f, row);
	if (r.h >= 5 || (r.h >= 4 && r.w < GRID_COLS))
		draw_grid(c, r, row);
	else if (r.h >= 1)
		draw_line(c, r, row);
}

/* --- all of them --- */

static void mean_row(struct canvas *c, int y, int x, const char *name,
		     const struct rouge_score *s, double lead)
{
	char number[24];

	draw_text(c, y, x, 8, INK_TEXT, name);
	draw_right(c, y, x + 15, 6, INK_TEXT, fmt_metric(number, s->precision));
	draw_right(c, y, x + 22, 6, INK_TEXT, fmt_metric(number, s->recall));
	c->flags = CELL_BOLD;
	draw_right(c, y, x + 29, 6, INK_STRONG, fmt_metric(number, s->f1));
	c->flags = 0;
	draw_right(c, y, x + 37, 6, lead > s->f1 ? INK_WARN : INK_DIM,
		   fmt_metric(number, lead));
}

void draw_means(struct canvas *c, struct rect r, const struct summaries_view *v)
{
	const struct summaries_means *m = &v->mean;
	struct columns k = {.p = 15, .r = 22, .f1 = 29, .lead = 37};
	int y = r.y + 5;

	if (r.h < 4 || !m->n)
		return;
	score_head(c, r.y, r.x, &k, v->lead);
	mean_row(c, r.y + 1, r.x, "ROUGE-1", &m->rouge.r1, m->lead.r1.f1);
	mean_row(c, r.y + 2, r.x, "ROUGE-2", &m->rouge.r2, m->lead.r2.f1);
	mean_row(c, r.y + 3, r.x, "ROUGE-L", &m->rouge.rl, m->lead.rl.f1);
	if (y < r.y + r.h)
		draw_textf(c, y++, r.x, r.w, m->repeating ? INK_WARN : INK_DIM,
			   "%d of %d repeat three words", m->repeating, m->n);
	if (y < r.y + r.h)
		draw_textf(c, y++, r.x, r.w, m->cut ? INK_WARN : INK_DIM,
			   "%d of %d sources were cut for the model", m->cut, m->n);
	if (y < r.y + r.h)
		draw_textf(c, y++, r.x, r.w, INK_DIM, "%s %s", v->lead,
			   m->lead.r1.f1 > m->rouge.r1.f1 ? "is still ahead" :
							     "is beaten");
}

/* --- over time --- */

void draw_outputs(struct canvas *c, struct rect r, const struct results *d)
{
	int n = d->past.n, from = n > r.h ? n - r.h : 0;
	char number[24];

	for (int i = from; i < n; i++) {
		const struct prediction *p = &d->past.p[i];
		bool is_now = d->past_step[i] == d->set.step;
		int y = r.y + i - from;

		draw_right(c, y, r.x + 7, 7, is_now ? INK_TEXT : INK_DIM,
			   fmt_count(number, d->past_step[i]));
		draw_right(c, y, r.x + 13, 5, score_ink(summary_score(p, SUMMARY_ROUGE1)),
			   fmt_metric(number, summary_score(p, SUMMARY_ROUGE1)));
		draw_foreign(c, y, r.x + 15, r.w - 15, is_now ? INK_TEXT : INK_DIM,
			     p->text ? p->text : "");
	}
}
