/*
 * runs_table.c - the table of the Runs view, a row a run.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "ui/keys.h"
#include "view_runs.h"

enum { NUMBER = RUNS_NUMBER, WIDE_NUMBER = RUNS_WIDE_NUMBER,
       SYSTEM_CELL = 13 }; /* "100.0 ±12.3" */

const char *const *runs_tasks(const struct runs_view *v, int *n)
{
	static const char *name[CHANNELS_MAX];

	*n = 0;
	for (int i = 0; i < v->n; i++) {
		const struct run_card *c = runs_row(v, i);

		for (int k = 0; k < c->n_tasks; k++) {
			int o = 0;

			while (o < *n && !str_eq(name[o], c->task[k].name))
				o++;
			if (o == *n && *n < CHANNELS_MAX)
				name[(*n)++] = c->task[k].name;
		}
	}
	return name;
}

/* Tasks get what is left between the steps and the mean; notes come last. Where not even
 * one had room it has the base's. */
static void place_columns(const struct runs_view *v, struct rect r, struct runs_columns *k)
{
	int n, at = 0, room;
	const char *const *task = runs_tasks(v, &n);
	bool wide = r.w >= 110, is_narrow;

	k->name = r.x + 5;
	k->step = k->name + (v->by_system ? wide ? 40 : 28 : wide ? 35 : 29);
	k->end = r.x + r.w - 2;
	room = k->end - k->step - 2 * WIDE_NUMBER - (wide ? v->by_system ? 20 : 15 : 0);
	k->cell = v->by_system ? SYSTEM_CELL : NUMBER;
	is_narrow = room < k->cell;
	k->task_cols = (room + (is_narrow ? WIDE_NUMBER : 0)) / k->cell;
	if (k->task_cols > n)
		k->task_cols = n;
	while (at < n && !str_eq(task[at], v->task))
		at++;
	k->first_task = layout_first(n, k->task_cols > 0 ? k->task_cols : 1, at % (n + !n));
	k->task = k->step;
	k->mean = k->task + k->task_cols * k->cell + WIDE_NUMBER;
	k->difference = is_narrow ? 0 : k->mean + WIDE_NUMBER;
	k->created = wide ? k->difference + 3 : 0;
	k->note = wide && k->end - k->created >= 26 ? k->created + 14 : 0;
}

static void draw_heads(struct canvas *c, const struct runs_view *v, int y,
		       const struct runs_columns *k)
{
	int n;
	const char *const *task = runs_tasks(v, &n);

	draw_text(c, y, k->name, 8, INK_DIM, v->by_system ? "system" : "run");
	draw_right(c, y, k->step, 6, INK_DIM, v->by_system ? "runs" : "step");
	for (int i = 0; i < k->task_cols; i++) {
		const char *s = task[k->first_task + i];
		int w = foreign_columns(s, strlen(s)), end = k->task + (i + 1) * k->cell;
		bool is_on = str_eq(s, v->task);

		w = w < k->cell - 1 ? w : k->cell - 1;
		c->flags = is_on ? CELL_BOLD | CELL_UNDERLINE : 0;
		draw_foreign(c, y, end - w, w, is_on ? INK_STRONG : INK_DIM, s);
		c->flags = 0;
	}
	draw_right(c, y, k->mean, WIDE_NUMBER - 1, INK_DIM, "mean/of");
	if (k->difference)
		draw_right(c, y, k->difference, WIDE_NUMBER - 1, INK_DIM,
			   v->base[0] ? "±base/of" : "");
	if (k->created && v->by_system) {
		draw_text(c, y, k->created, 5, INK_DIM, "best ");
		draw_foreign(c, y, k->created + 5, k->end - k->created - 5, INK_DIM, v->task);
	} else if (k->created) {
		draw_text(c, y, k->created, 8, INK_DIM, "begun");
		if (k->note)
			draw_text(c, y, k->note, 8, INK_DIM, "note");
	}
}

enum ink runs_gain_ink(double x)
{
	return x >= .0005 ? INK_GOOD : x <= -.0005 ? INK_BAD : INK_DIM;
}

/* The metric, or what it gains over the base's. */
static void draw_metric(struct canvas *c, const struct runs_view *v, int y, int end,
			const struct run_card *card, const struct run_card *base,
			const char *task)
{
	const struct run_task *t = run_card_task(card, task);
	double x = run_task_value(card, t, v->pick, v->step);
	char text[24];

	if (!t || t->is_unheard)
		return;
	if (!v->shows_gain || !base || base == card) {
		draw_right(c, y, end, NUMBER - 1, INK_TEXT, fmt_score(text, t->metric, x));
		return;
	}
	x = metric_gain(t->metric, x,
			run_task_value(base, run_card_task(base, task), v->pick, v->step));
	draw_right(c, y, end, NUMBER - 1, runs_gain_ink(x), fmt_gain(text, t->metric, x));
}

/* How a mean over the run's tasks is written: as their metrics are, if all that count
 * are so. *over: how many do. */
enum metric_id runs_metric(const struct run_card *card, int *over)
{
	enum metric_id m = METRIC_ACCURACY;

	*over = 0;
	for (int i = 0; i < card->n_tasks; i++) {
		enum metric_id k = card->task[i].metric;

		if (!run_card_counts(card, i))
			continue;
		if (!(*over)++)
			m = k;
		else if (metric_table[k].unit != metric_table[m].unit)
			m = METRIC_ACCURACY;
	}
	return m;
}

/* "69.2/6": over so many tasks. */
void draw_runs_over(struct canvas *c, int y, int end, enum ink ink, const char *number,
		      int tasks)
{
	char text[40];

	str_format(text, sizeof text, "%s/%d", number, tasks);
	c->flags = CELL_BOLD;
	draw_right(c, y, end, WIDE_NUMBER - 1, ink, number[0] && tasks ? text : "-");
	c->flags = 0;
}

static void draw_metrics(struct canvas *c, const struct runs_view *v, int y,
			 const struct runs_columns *k, const struct run_card *card)
{
	const struct run_card *base = runs_card(v, v->base);
	int n, over, common = 0;
	const char *const *task = runs_tasks(v, &n);
	enum metric_id m = runs_metric(card, &over);
	double d;
	char t[24];

	for (int i = 0; i < k->task_cols; i++)
		draw_metric(c, v, y, k->task + (i + 1) * NUMBER, card, base,
			    task[k->first_task + i]);
	draw_runs_over(c, y, k->mean, INK_TEXT, fmt_score(t, m, metric_turned(m,
		  run_card_mean(card, v->pick, v->step))), over);
	if (!k->difference)
		return;
	if (base == card) {
		draw_right(c, y, k->difference, WIDE_NUMBER - 1, INK_DIM, "base");
	} else if (base) {
		d = run_card_difference(card, base, v->pick, v->step, &common);
		draw_runs_over(c, y, k->difference, runs_gain_ink(d),
			  fmt_gain(t, m, d), common);
	}
}

static void draw_marks(struct canvas *c, const struct runs_view *v, int y, int x,
		       const struct run_card *card)
{
	int at = runs_mark_of(v, card);

	if (at >= 0 && at < RUN_MARKS) {
		draw_cell(c, y, x, runs_sign(c, at), ink_channel(at));
		draw_cell(c, y, x + 1, (uint32_t)runs_letter(at), ink_channel(at));
	}
	if (runs_is_base(v, card))
		draw_cell(c, y, x + 2, '*', INK_STRONG);
}

static void day_text(int64_t unix_ms, char out[24])
{
	time_t t = (time_t)(unix_ms / 1000);
	struct tm tm;

	if (unix_ms <= 0 || !localtime_r(&t, &tm) ||
	    !strftime(out, 24, "%d %b %H:%M", &tm))
		str_copy(out, 24, "-");
}

static void draw_run(struct canvas *c, const struct ui *ui, const struct runs_view *v,
		     int y, const struct runs_columns *k, const struct run_card *card)
{
	bool ours = runs_is_ours(ui->pic, card);
	bool is_live = ours ? !ui_run_has_ended(ui) : card->info.live;
	int64_t step = ours ? ui->pic->step : card->info.step;
	int64_t steps = ours && ui->pic->steps ? ui->pic->steps : card->info.steps;
	char t[24], of[24];
	int x;

	c->flags = ours ? CELL_BOLD : 0;
	draw_name(c, y, k->name, k->step - 16 - k->name, INK_TEXT, card->info.name);
	c->flags = 0;
	x = k->step - 15;
	if (is_live)
		draw_text(c, y, x, 4, INK_GOOD, "live");
	else if (card->info.trouble[0])
		draw_text(c, y, x, 4, INK_BAD, "bad");
	else if (steps > 0 && step < steps)
		draw_text(c, y, x, 4, INK_WARN, "stop");
	str_format(t, sizeof t, "%s/%s", fmt_brief((char[24]){0}, (double)step),
		   fmt_brief(of, (double)steps));
	if (card->info.is_imported)
		draw_right(c, y, k->step, 9, INK_MARK, "imported");
	else
		draw_right(c, y, k->step, 9, INK_TEXT, steps > 0 ? t : "");
	draw_metrics(c, v, y, k, card);
	if (k->created) {
		day_text(card->info.created_ms, t);
		draw_text(c, y, k->created, 12, INK_DIM, t);
		if (k->note)
			draw_foreign(c, y, k->note, k->end - k->note, INK_TEXT,
				     card->info.trouble[0] ? card->info.trouble :
				     card->note);
	}
}

static void draw_row(struct canvas *c, const struct ui *ui, const struct runs_view *v,
		     struct rect r, int i, int y, const struct runs_columns *k)
{
	const struct run_card *card = runs_row(v, i);
	const struct run_group *system = runs_system(v, card);

	if (runs_same(v, card->info.name, v->chosen)) {
		c->paper = PAPER_ROW;
		draw_fill(c, (struct rect){y, r.x + 1, 1, r.w - 2});
		draw_text(c, y, r.x + 1, 1, INK_STRONG, "▸");
	}
	draw_marks(c, v, y, r.x + 2, card);
	if (system)
		draw_runs_system(c, v, y, k, system);
	else
		draw_run(c, ui, v, y, k, card);
	c->paper = PAPER_NONE;
}

static void table_remark(const struct runs_view *v, char *out, size_t cap)
{
	static const char *const pick[RUN_PICKS] = {"best evaluation",
						    "newest evaluation", "at step"};
	char t[24];
	struct buf b;

	buf_init(&b);
	if (v->filter[0])
		buf_addf(&b, "'%s' · ", v->filter);
	buf_addf(&b, "%d of %d%s · %s · %s", v->n,
		 v->by_system ? v->systems.n : v->table.n,
		 v->by_system ? ", means ± 95%" : "", runs_sort_name(v->sort), pick[v->pick]);
	if (v->pick == PICK_STEP)
		buf_addf(&b, " %s", v->step >= 0 ? fmt_count(t, v->step) : "-");
	str_copy(out, cap, buf_str(&b));
	buf_release(&b);
}

int runs_hidden(const struct runs_view *v, struct rect table)
{
	struct runs_columns k;
	int n;

	place_columns(v, table, &k);
	runs_tasks(v, &n);
	return n - k.task_cols;
}

void draw_runs_table(struct canvas *c, const struct ui *ui, const struct runs_view *v,
		     struct rect r)
{
	struct runs_columns k;
	char remark[240];
	int h = r.h - 3, from;

	table_remark(v, remark, sizeof remark);
	draw_titled_box(c, r, v->by_system ? "systems" : "runs", v->has_table ? remark : NULL);
	if (h < 1)
		return;
	place_columns(v, r, &k);
	draw_heads(c, v, r.y + 1, &k);
	if (!v->n)
		draw_text(c, r.y + 2, k.name, r.w - 8, INK_DIM,
			  !v->has_table ? "reading" :
			  v->filter[0] ? "no such run   c shows all again" : "no runs");
	from = runs_place(v) / h * h;
	for (int i = 0; i < h && from + i < v->n; i++) {
		draw_row(c, ui, v, r, from + i, r.y + 2 + i, &k);
		draw_zone(c, (struct rect){r.y + 2 + i, r.x + 1, 1, r.w - 2}, from + i,
			  DO_NONE, 0);
	}
}

