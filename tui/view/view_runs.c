/*
 * view_runs.c - all runs under the root beside each other: a table, the curves of
 * the marked ones, what two were given and told differently.
 */
#include "view_runs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/str.h"
#include "ui/keys.h"

/* --- the table --- */

struct columns {
	int name, step, task, tasks, mean, difference, created, note, end;
	int first_task, task_cols;
};
enum { NUMBER = 8, WIDE_NUMBER = 9 }; /* wide: "+12.3/12" */

const char *const *runs_tasks(const struct runs_view *v, int *n)
{
	static const char *name[CHANNELS_MAX];

	*n = 0;
	for (int i = 0; i < v->n; i++) {
		const struct run_card *c = &v->table.card[v->order[i]];

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

/* Tasks get what is left between the steps and the mean; notes come last. */
static void place_columns(const struct runs_view *v, struct rect r, struct columns *k)
{
	int n, at = 0, room;
	const char *const *task = runs_tasks(v, &n);
	bool wide = r.w >= 110;

	k->name = r.x + 5;
	k->step = k->name + (wide ? 20 : 14) + 15;
	k->end = r.x + r.w - 2;
	room = k->end - k->step - 2 * WIDE_NUMBER - (wide ? 15 : 0);
	k->task_cols = room / NUMBER;
	if (k->task_cols > n)
		k->task_cols = n;
	while (at < n && !str_eq(task[at], v->task))
		at++;
	k->first_task = layout_first(n, k->task_cols > 0 ? k->task_cols : 1, at % (n + !n));
	k->task = k->step;
	k->mean = k->task + k->task_cols * NUMBER + WIDE_NUMBER;
	k->difference = k->mean + WIDE_NUMBER;
	k->created = wide ? k->difference + 3 : 0;
	k->note = wide && k->end - k->created >= 26 ? k->created + 14 : 0;
}

static void draw_heads(struct canvas *c, const struct runs_view *v, int y,
		       const struct columns *k)
{
	int n;
	const char *const *task = runs_tasks(v, &n);

	draw_text(c, y, k->name, 8, INK_DIM, "run");
	draw_right(c, y, k->step, 6, INK_DIM, "step");
	for (int i = 0; i < k->task_cols; i++) {
		const char *s = task[k->first_task + i];
		int w = foreign_columns(s, strlen(s)), end = k->task + (i + 1) * NUMBER;
		bool is_on = str_eq(s, v->task);

		w = w < NUMBER - 1 ? w : NUMBER - 1;
		c->flags = is_on ? CELL_BOLD | CELL_UNDERLINE : 0;
		draw_foreign(c, y, end - w, w, is_on ? INK_STRONG : INK_DIM, s);
		c->flags = 0;
	}
	draw_right(c, y, k->mean, WIDE_NUMBER - 1, INK_DIM, "mean/of");
	draw_right(c, y, k->difference, WIDE_NUMBER - 1, INK_DIM,
		   v->base[0] ? "±base/of" : "");
	if (k->created) {
		draw_text(c, y, k->created, 8, INK_DIM, "begun");
		if (k->note)
			draw_text(c, y, k->note, 8, INK_DIM, "note");
	}
}

static enum ink ink_of_gain(double x)
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

	if (!t)
		return;
	if (!v->shows_gain || !base || base == card) {
		draw_right(c, y, end, NUMBER - 1, INK_TEXT, fmt_score(text, t->metric, x));
		return;
	}
	x = metric_gain(t->metric, x,
			run_task_value(base, run_card_task(base, task), v->pick, v->step));
	draw_right(c, y, end, NUMBER - 1, ink_of_gain(x), fmt_gain(text, t->metric, x));
}

/* How a mean over the run's tasks is written: as their metrics are, if all that count
 * are so. *over: how many do. */
static enum metric_id runs_metric(const struct run_card *card, int *over)
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
static void draw_over(struct canvas *c, int y, int end, enum ink ink, const char *number,
		      int tasks)
{
	char text[40];

	str_format(text, sizeof text, "%s/%d", number, tasks);
	c->flags = CELL_BOLD;
	draw_right(c, y, end, WIDE_NUMBER - 1, ink, number[0] && tasks ? text : "-");
	c->flags = 0;
}

static void draw_metrics(struct canvas *c, const struct runs_view *v, int y,
			 const struct columns *k, const struct run_card *card)
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
	draw_over(c, y, k->mean, INK_TEXT, fmt_score(t, m, metric_turned(m,
		  run_card_mean(card, v->pick, v->step))), over);
	if (base == card) {
		draw_right(c, y, k->difference, WIDE_NUMBER - 1, INK_DIM, "base");
	} else if (base) {
		d = run_card_difference(card, base, v->pick, v->step, &common);
		draw_over(c, y, k->difference, ink_of_gain(d),
			  fmt_gain(t, m, d), common);
	}
}

static void draw_marks(struct canvas *c, const struct runs_view *v, int y, int x,
		       const struct run_card *card)
{
	int at = runs_mark(v, card->info.name);

	if (at >= 0 && at < RUN_MARKS) {
		draw_cell(c, y, x, runs_sign(c, at), ink_channel(at));
		draw_cell(c, y, x + 1, (uint32_t)runs_letter(at), ink_channel(at));
	}
	if (str_eq(v->base, card->info.name))
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
		     struct rect r, int y, const struct columns *k,
		     const struct run_card *card)
{
	bool ours = runs_is_ours(ui->pic, card);
	bool is_live = ours ? !ui_run_has_ended(ui) : card->info.live;
	int64_t step = ours ? ui->pic->step : card->info.step;
	int64_t steps = ours && ui->pic->steps ? ui->pic->steps : card->info.steps;
	char t[24], of[24];
	int x;

	if (str_eq(card->info.name, v->chosen)) {
		c->paper = PAPER_ROW;
		draw_fill(c, (struct rect){y, r.x + 1, 1, r.w - 2});
		draw_text(c, y, r.x + 1, 1, INK_STRONG, "▸");
	}
	draw_marks(c, v, y, r.x + 2, card);
	c->flags = ours ? CELL_BOLD : 0;
	draw_foreign(c, y, k->name, k->step - 16 - k->name, INK_TEXT, card->info.name);
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
	buf_addf(&b, "%d of %d · %s · %s", v->n, v->table.n, runs_sort_name(v->sort),
		 pick[v->pick]);
	if (v->pick == PICK_STEP)
		buf_addf(&b, " %s", v->step >= 0 ? fmt_count(t, v->step) : "-");
	str_copy(out, cap, buf_str(&b));
	buf_release(&b);
}

void draw_runs_table(struct canvas *c, const struct ui *ui, const struct runs_view *v,
		     struct rect r)
{
	struct columns k;
	char remark[240];
	int h = r.h - 3, from;

	table_remark(v, remark, sizeof remark);
	draw_titled_box(c, r, "runs", v->has_table ? remark : NULL);
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
		draw_run(c, ui, v, r, r.y + 2 + i, &k, &v->table.card[v->order[from + i]]);
		draw_zone(c, (struct rect){r.y + 2 + i, r.x + 1, 1, r.w - 2}, from + i,
			  DO_NONE, 0);
	}
}

/* --- differences --- */

/* One line of the list: a field of the plan, or an entry of a journal. */
static void draw_difference(struct canvas *c, const struct runs_view *v, struct rect in,
			    int y, int i)
{
	const struct run_diff *d = &v->difference;
	int name = in.w >= 90 ? 34 : 24, x = in.x, value = (in.w - name - 4) / 2;
	char t[24];

	if (i < d->n_changes) {
		const struct plan_change *p = &d->change[i];

		draw_foreign(c, y, x, name - 1, INK_TEXT, p->path);
		x += name;
		x += draw_foreign(c, y, x, value, p->a[0] ? INK_BAD : INK_DIM,
				  p->a[0] ? p->a : "-");
		x += draw_text(c, y, x, 3, INK_DIM, " → ");
		draw_foreign(c, y, x, in.x + in.w - x, p->b[0] ? INK_GOOD : INK_DIM,
			     p->b[0] ? p->b : "-");
		return;
	}
	i -= d->n_changes;
	draw_text(c, y, x, 2, d->entry[i].is_b ? INK_GOOD : INK_BAD,
		  d->entry[i].is_b ? "+" : "-");
	draw_right(c, y, x + 12, 10, INK_DIM, fmt_count(t, d->entry[i].e.step));
	draw_text(c, y, x + 14, 7, INK_DIM, journal_who_name(d->entry[i].e.who));
	draw_foreign(c, y, x + 22, in.w - 22, INK_TEXT, d->entry[i].e.command);
}

void draw_runs_diff(struct canvas *c, const struct runs_view *v, struct rect r)
{
	const struct run_diff *d = &v->difference;
	struct rect in = rect_cut(r, 1, 2, 1, 2);
	int tests = runs_tests_lines(v), from = v->scroll;
	int n = tests + d->n_changes + d->n_entries;
	char title[2 * RUN_NAME + 32], remark[64];

	if (!v->diff_a[0]) {
		draw_titled_box(c, r, "differences", NULL);
		draw_text(c, in.y, in.x, in.w, INK_DIM,
			  "b makes a run the base; then choose another one");
		return;
	}
	str_format(title, sizeof title, "%s → %s", v->diff_a, v->diff_b);
	str_format(remark, sizeof remark, "%d fields, %d entries", d->n_changes,
		   d->n_entries);
	draw_titled_box(c, r, title, job_slot_is_on(&v->diff) ? "reading" : remark);
	if (job_slot_is_on(&v->diff))
		return;
	if (v->diff_trouble.text[0])
		draw_foreign(c, in.y, in.x, in.w, INK_WARN, v->diff_trouble.text);
	if (from > n - in.h)
		from = n - in.h;
	if (from < 0)
		from = 0;
	for (int i = 0; i < in.h && from + i < n; i++)
		if (from + i < tests)
			draw_runs_test(c, v, in, in.y + i, from + i);
		else
			draw_difference(c, v, in, in.y + i, from + i - tests);
	if (n == tests && !v->diff_trouble.text[0] && n - from < in.h)
		draw_text(c, in.y + n - from, in.x, in.w, INK_DIM,
			  "the same plan, the same data, the same journal");
}

/* --- the chosen run --- */

/* From the marked task on where not all fit; how many do not is said. */
static void detail_metrics(struct canvas *c, const struct runs_view *v, int y, int x,
			   int end, const struct run_card *card)
{
	int per = 28, fits = (end - x) / per, first = 0, shown = 0;
	char t[24];

	for (int i = 0; i < card->n_tasks && card->n_tasks > fits; i++)
		if (str_eq(card->task[i].name, v->task))
			first = i;
	for (; shown < card->n_tasks && x + 30 < end; shown++) {
		const struct run_task *k = &card->task[(first + shown) % card->n_tasks];

		x += draw_name(c, y, x, 14, INK_TEXT, k->name) + 1;
		x += draw_textf(c, y, x, 6, INK_DIM, "%s ", metric_table[k->metric].brief);
		x += draw_text(c, y, x, 6, INK_STRONG,
			       fmt_score(t, k->metric,
					 run_task_value(card, k, v->pick, v->step))) + 3;
	}
	if (shown < card->n_tasks)
		draw_textf(c, y, x, end - x, INK_DIM, "%d more: < >",
			   card->n_tasks - shown);
}

/* Over which tasks "mean" and "±base" of the table are. */
static void detail_tasks(struct canvas *c, const struct runs_view *v, struct rect in,
			 int y, const struct run_card *card)
{
	const struct run_card *base = runs_card(v, v->base);
	struct buf b;

	buf_init(&b);
	buf_adds(&b, "mean over");
	for (int i = 0; i < card->n_tasks; i++)
		buf_addf(&b, " %s", card->task[i].name);
	if (base && base != card)
		buf_adds(&b, "   ±base over");
	for (int i = 0; base && base != card && i < card->n_tasks; i++)
		if (isfinite(run_task_difference(card, base, i, v->pick, v->step)))
			buf_addf(&b, " %s", card->task[i].name);
	draw_foreign(c, y, in.x, in.w, INK_DIM, buf_str(&b));
	buf_release(&b);
}

void draw_runs_detail(struct canvas *c, const struct runs_view *v, struct rect r)
{
	const struct run_card *card = runs_chosen(v);
	struct rect in = rect_cut(r, 1, 2, 1, 2);
	char remark[96], t[24];
	int y = in.y;

	if (!card) {
		draw_titled_box(c, r, "run", NULL);
		return;
	}
	if (card->info.is_imported)
		str_copy(remark, sizeof remark, "imported predictions");
	else
		str_format(remark, sizeof remark, "best at %s · %d by hand",
			   card->best_step >= 0 ? fmt_count(t, card->best_step) : "-",
			   card->interventions);
	draw_titled_box(c, r, card->info.name, remark);
	detail_metrics(c, v, y++, in.x, in.x + in.w, card);
	if (y < in.y + in.h)
		draw_foreign(c, y++, in.x, in.w, card->info.trouble[0] ? INK_BAD : INK_TEXT,
			     card->info.trouble[0] ? card->info.trouble :
			     card->note[0] ? card->note : "no note");
	if (y < in.y + in.h)
		detail_tasks(c, v, in, y++, card);
	if (y < in.y + in.h)
		draw_foreign(c, y++, in.x, in.w, INK_DIM, card->info.path);
	if (y < in.y + in.h && card->info.state[0])
		draw_textf(c, y, in.x, in.w, INK_DIM, "state %s", card->info.state);
}

/* --- all --- */

static void draw_head(struct canvas *c, const struct runs_view *v, struct rect r,
		      struct rect table)
{
	int x = r.x + 1, end = r.x + r.w - 1, n;
	struct columns k;
	char text[48] = "< > other task";

	place_columns(v, table, &k);
	runs_tasks(v, &n);
	if (n > k.task_cols)
		str_format(text, sizeof text, "%d of %d metrics hidden: < >",
			   n - k.task_cols, n);

	x += draw_text(c, r.y, x, 12, INK_DIM, "runs in") + 1;
	x += draw_name(c, r.y, x, end - x - 34, INK_TEXT, v->root) + 3;
	if (v->base[0] && x + 24 < end) {
		x += draw_text(c, r.y, x, 6, INK_DIM, "base ");
		x += draw_foreign(c, r.y, x, 20, INK_STRONG, v->base) + 3;
	}
	if (x + (int)strlen(text) + 2 < end)
		draw_right(c, r.y, end, (int)strlen(text), INK_DIM, text);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct runs_view *v = runs_view_of(ui);
	struct runs_layout l;
	struct rect low;

	if (!v->root[0]) {
		draw_nothing(c, body, "no run yet");
		return;
	}
	layout_runs(body, v->has_table ? v->n : 3, &l);
	draw_head(c, v, l.head, l.table);
	if (v->trouble.text[0]) {
		draw_nothing(c, body, v->trouble.text);
		return;
	}
	draw_runs_table(c, ui, v, l.table);
	low = l.legend;
	low.h += l.chart.h;
	if (v->shows_diff && low.h)
		draw_runs_diff(c, v, low);
	else if (l.chart.h)
		draw_runs_chart(c, v, ui->pic, ui->chart.kind == CHART_DEV, l.legend,
				l.chart);
	if (l.detail.h)
		draw_runs_detail(c, v, l.detail);
}

const struct view view_runs = {
	.digit = '5', .name = "Runs", .brief = "Runs",
	.own_new = runs_view_new, .own_free = runs_view_free, .find = runs_view_find,
	.recalc = runs_view_recalc, .draw = draw, .act = runs_view_act,
	.back = runs_view_back,
	.hints = "j k move   Enter mark   b base   d differences   s sort   = equal step",
};
