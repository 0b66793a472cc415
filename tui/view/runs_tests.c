/*
 * runs_tests.c - the two runs of the differences compared row by row, where both keep
 * what they said of all dev rows: a difference, its interval and p for each task.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "view_runs.h"

enum { DRAWS = 2000 }; /* an answer in a second or so; compare takes more */

struct comparing {
	int n;
	char (*path)[PATH_MAX];    /* [n]: the base's first */
	bool each;
	struct comparison c;
};

static enum status do_compare(void *arg, struct progress *pg, struct err *err)
{
	struct comparing *w = arg;
	const char **path = xcalloc((size_t)w->n, sizeof *path), *slash;
	struct compare_options o = { .each = w->each, .step = COMPARE_NEWEST,
				     .only_first = true, .only_kept = true, .draws = DRAWS,
				     .level = .95, .seed = 1 };
	enum status st;

	for (int i = 0; i < w->n; i++)
		path[i] = w->path[i];
	slash = strrchr(path[0], '/');
	o.baseline = slash ? slash + 1 : path[0];
	st = compare_runs(w->n, path, &o, pg, &w->c, err);
	xfree(path);
	return st;
}

static void drop(void *arg)
{
	struct comparing *w = arg;

	comparison_release(&w->c);
	xfree(w->path);
	xfree(w);
}

static void add_row(struct comparing *w, const struct runs_view *v,
		    const struct run_card *card)
{
	const struct run_group *g = runs_system(v, card);

	for (int i = 0; i < (g ? g->n : 1); i++)
		str_copy(w->path[w->n++], PATH_MAX,
			 g ? v->table.card[g->member[i]].info.path : card->info.path);
}

void runs_tests_start(struct ui *ui, struct runs_view *v, const struct run_card *a,
		      const struct run_card *b)
{
	struct comparing *w = xcalloc(1, sizeof *w);

	comparison_release(&v->tested);
	v->tests_trouble.text[0] = '\0';
	w->path = xcalloc((size_t)v->table.n, sizeof *w->path);
	w->each = !v->by_system;
	add_row(w, v, a);
	add_row(w, v, b);
	job_slot_start(&v->tests, do_compare, w, drop, ui->wake_fd);
}

void runs_tests_take(struct runs_view *v)
{
	struct comparing *w;
	enum status st;
	void *arg;

	if (!job_slot_take(&v->tests, &st, &arg, &v->tests_trouble))
		return;
	w = arg;
	if (!st) {
		v->tested = w->c;
		w->c = (struct comparison){ 0 };
		v->tests_trouble.text[0] = '\0';
	}
	drop(w);
}

/* Without a test one line says why; else one a task, and one how they are meant. */
int runs_tests_lines(const struct runs_view *v)
{
	return v->tested.n_measures ? v->tested.n_measures + 1 : 1;
}

static void draw_words(struct canvas *c, const struct runs_view *v, struct rect in, int y)
{
	const struct comparison *t = &v->tested;

	if (job_slot_is_on(&v->tests))
		draw_text(c, y, in.x, in.w, INK_DIM, "comparing row by row");
	else if (v->tests_trouble.text[0])
		draw_foreign(c, y, in.x, in.w, INK_DIM, v->tests_trouble.text);
	else if (!t->n_measures)
		draw_text(c, y, in.x, in.w, INK_DIM, "no task that both keep rows of");
	else if (t->n_splits)
		draw_textf(c, y, in.x, in.w, INK_DIM, "95%% intervals over %d splits; p by "
			   "Holm over %d test%s", t->n_splits, t->n_family,
			   t->n_family == 1 ? "" : "s");
	else if (t->n_runs > t->n_systems)
		draw_textf(c, y, in.x, in.w, INK_DIM, "95%% intervals over rows and runs "
			   "(%d and %d); p by Holm over %d test%s", t->system[0].n,
			   t->system[1].n, t->n_family, t->n_family == 1 ? "" : "s");
	else
		draw_textf(c, y, in.x, in.w, INK_DIM, "95%% intervals over rows; p by Holm "
			   "over %d test%s; one trained model each", t->n_family,
			   t->n_family == 1 ? "" : "s");
}

/* "sst2  acc  +4.0  +1.2 to +6.9  p .012  told apart" */
void draw_runs_test(struct canvas *c, const struct runs_view *v, struct rect in, int y,
		    int i)
{
	const struct comparison *t = &v->tested;
	const struct compared_measure *m;
	const struct compared_pair *p;
	char d[24], low[24], high[24];
	bool is_told;

	if (i >= t->n_measures) {
		draw_words(c, v, in, y);
		return;
	}
	m = &t->measure[i];
	p = &m->pair[0];
	is_told = compare_is_told(t, p);
	draw_foreign(c, y, in.x, 13, INK_TEXT, m->task);
	draw_text(c, y, in.x + 14, 5, INK_DIM, metric_table[m->metric].brief);
	draw_right(c, y, in.x + 27, 8, !is_told ? INK_TEXT :
		   metric_turned(m->metric, p->boot.value) > 0 ? INK_GOOD : INK_BAD,
		   isfinite(p->boot.value) ? fmt_gain(d, m->metric, p->boot.value) : "-");
	if (isfinite(p->boot.low))
		draw_textf(c, y, in.x + 29, 18, INK_TEXT, "%s to %s",
			   fmt_gain(low, m->metric, p->boot.low),
			   fmt_gain(high, m->metric, p->boot.high));
	if (isfinite(p->holm))
		draw_textf(c, y, in.x + 48, 9, INK_TEXT, "p %.4f", p->holm);
	if (p->power.too_few)
		draw_textf(c, y, in.x + 58, in.w - 58, INK_DIM, "%d of %d differ",
			   p->power.differing, m->n_rows);
	else
		draw_text(c, y, in.x + 58, in.w - 58, is_told ? INK_STRONG : INK_DIM,
			  is_told ? "told apart" : "not told");
}
