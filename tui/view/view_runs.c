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
	const struct run_group *a, *b;
	char title[2 * RUN_NAME + 32], remark[64];

	if (!v->diff_a[0]) {
		draw_titled_box(c, r, "differences", NULL);
		draw_text(c, in.y, in.x, in.w, INK_DIM,
			  "b makes a run the base; then choose another one");
		return;
	}
	a = runs_system(v, runs_card(v, v->diff_a));
	b = runs_system(v, runs_card(v, v->diff_b));
	str_format(title, sizeof title, "%s → %s", a ? a->name : v->diff_a,
		   b ? b->name : v->diff_b);
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
	double averaged;
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
					 run_task_value(card, k, v->pick, v->step)));
		averaged = run_task_averaged(card, k, v->pick, v->step);
		if (!isnan(averaged))
			x += draw_textf(c, y, x, 12, INK_DIM, " avg %s",
					fmt_score(t, k->metric, averaged));
		x += 3;
	}
	if (shown < card->n_tasks)
		draw_textf(c, y, x, end - x, INK_DIM, "%d more: < >",
			   card->n_tasks - shown);
}

static void add_name(struct buf *b, int *n, const char *name)
{
	buf_addf(b, "%s %s", (*n)++ ? "," : "", name);
}

/* Over which tasks "mean" and "±base" of the table are. */
static void detail_tasks(struct canvas *c, const struct runs_view *v, struct rect in,
			 int y, const struct run_card *card)
{
	const struct run_card *base = runs_card(v, v->base);
	struct buf b;
	int n = 0;

	buf_init(&b);
	buf_adds(&b, "mean over");
	for (int i = 0; i < card->n_tasks; i++)
		if (run_card_counts(card, i))
			add_name(&b, &n, card->task[i].name);
	n = 0;
	if (base && base != card)
		buf_adds(&b, "   ±base over");
	for (int i = 0; base && base != card && i < card->n_tasks; i++)
		if (isfinite(run_task_difference(card, base, i, v->pick, v->step)))
			add_name(&b, &n, card->task[i].name);
	draw_foreign(c, y, in.x, in.w, INK_DIM, buf_str(&b));
	buf_release(&b);
}

void draw_runs_detail(struct canvas *c, const struct runs_view *v, struct rect r)
{
	const struct run_card *card = runs_chosen(v);
	struct rect in = rect_cut(r, 1, 2, 1, 2);
	char remark[96], t[24];
	int y = in.y;

	if (runs_system(v, card)) {
		draw_runs_system_detail(c, v, r, runs_system(v, card));
		return;
	}
	if (!card) {
		draw_titled_box(c, r, "run", NULL);
		return;
	}
	if (card->info.is_imported)
		str_copy(remark, sizeof remark, "imported predictions");
	else
		str_format(remark, sizeof remark, "best at %s · %d change%s",
			   card->best_step >= 0 ? fmt_count(t, card->best_step) : "-",
			   card->interventions, card->interventions == 1 ? "" : "s");
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
	int x = r.x + 1, end = r.x + r.w - 1, n, hidden = runs_hidden(v, table);
	char text[48] = "< > other task";

	runs_tasks(v, &n);
	if (hidden > 0)
		str_format(text, sizeof text, "%d of %d metrics hidden: < >", hidden, n);
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
	.hints = "j k move   Enter mark   b base   d differences   s sort   S systems",
};
