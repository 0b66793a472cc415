/*
 * runs_systems.c - Runs by systems: a row for all seeds of one, with means and their
 * intervals; each task of the chosen one with its best run.
 */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "view_runs.h"

static const struct run_group *base_of(const struct runs_view *v)
{
	return runs_system(v, runs_card(v, v->base));
}

/* "82.3 ±1.4": how far the interval reaches to either side; of one run its value. */
static void value_text(char *out, size_t cap, const struct system_value *x)
{
	char mean[24], half[24];

	if (!x->m.n)
		str_copy(out, cap, "-");
	else if (!isfinite(x->m.high))
		str_copy(out, cap, fmt_score(mean, x->metric, x->m.mean));
	else
		str_format(out, cap, "%s ±%s", fmt_score(mean, x->metric, x->m.mean),
			   fmt_score(half, x->metric, x->m.high - x->m.mean));
}

static void draw_value(struct canvas *c, const struct runs_view *v, int y, int end, int room,
		       const struct run_group *g, const char *task)
{
	const struct run_group *base = base_of(v);
	struct system_value x;
	char text[64];
	double d;

	system_value_read(&v->table, g, task, v->pick, v->step, &x);
	if (!x.is_there)
		return;
	if (!v->shows_gain || !base || base == g) {
		value_text(text, sizeof text, &x);
		draw_right(c, y, end, room, INK_TEXT, text);
		return;
	}
	d = system_task_difference(&v->table, g, base, task, v->pick, v->step);
	draw_right(c, y, end, room, runs_gain_ink(d), fmt_gain(text, x.metric, d));
}

/* "5 runs"; "3 of 5" where some have no value of the chosen task yet. */
static void draw_count(struct canvas *c, const struct runs_view *v, int y,
		       const struct runs_columns *k, const struct run_group *g,
		       const struct system_value *x)
{
	bool is_live = false, is_bad = false;
	char text[32];

	for (int i = 0; i < g->n; i++) {
		is_live |= v->table.card[g->member[i]].info.live;
		is_bad |= v->table.card[g->member[i]].info.trouble[0] != '\0';
	}
	if (is_live || is_bad)
		draw_text(c, y, k->step - 11, 4, is_live ? INK_GOOD : INK_BAD,
			  is_live ? "live" : "bad");
	if (x->is_there && x->runs < g->n)
		str_format(text, sizeof text, "%d of %d", x->runs, g->n);
	else
		str_format(text, sizeof text, "%d", g->n);
	draw_right(c, y, k->step, 6, INK_TEXT, text);
}

void draw_runs_system(struct canvas *c, const struct runs_view *v, int y,
		      const struct runs_columns *k, const struct run_group *g)
{
	const struct run_group *base = base_of(v);
	int n, over, common = 0, x = k->created;
	const char *const *task = runs_tasks(v, &n);
	enum metric_id m = runs_metric(&v->table.card[g->member[0]], &over);
	struct system_value best;
	char t[24];
	double d;

	system_value_read(&v->table, g, v->task, v->pick, v->step, &best);
	draw_name(c, y, k->name, k->step - 12 - k->name, INK_TEXT, g->name);
	draw_count(c, v, y, k, g, &best);
	for (int i = 0; i < k->task_cols; i++)
		draw_value(c, v, y, k->task + (i + 1) * k->cell, k->cell - 1, g,
			   task[k->first_task + i]);
	draw_runs_over(c, y, k->mean, INK_TEXT, fmt_score(t, m, metric_turned(m,
		       system_mean(&v->table, g, v->pick, v->step))), over);
	if (k->difference && base == g) {
		draw_right(c, y, k->difference, RUNS_WIDE_NUMBER - 1, INK_DIM, "base");
	} else if (k->difference && base) {
		d = system_difference(&v->table, g, base, v->pick, v->step, &common);
		draw_runs_over(c, y, k->difference, runs_gain_ink(d), fmt_gain(t, m, d),
			       common);
	}
	if (!x || best.best < 0)
		return;
	x += draw_text(c, y, x, 6, INK_TEXT, fmt_score(t, best.metric,
		       metric_table[best.metric].lower_is_better ? best.m.least :
		       best.m.most)) + 1;
	draw_name(c, y, x, k->end - x, INK_DIM, v->table.card[best.best].info.name);
}

/* --- the chosen one --- */

/* "sst2  acc  79.4 ±1.4   78.1 to 80.9   best 80.9 NAME-s3" */
static void draw_task(struct canvas *c, const struct runs_view *v, struct rect in, int y,
		      const struct run_group *g, const char *task)
{
	struct system_value x;
	char text[64], least[24], most[24];
	int at = in.x, end = in.x + in.w;
	bool is_chosen = str_eq(task, v->task);

	system_value_read(&v->table, g, task, v->pick, v->step, &x);
	draw_name(c, y, at, 14, is_chosen ? INK_STRONG : INK_TEXT, task);
	if (!x.is_there) {
		draw_text(c, y, at + 15, 6, INK_DIM, "muted");
		return;
	}
	draw_text(c, y, at + 15, 6, INK_DIM, metric_table[x.metric].brief);
	value_text(text, sizeof text, &x);
	draw_right(c, y, at + 34, 12, INK_STRONG, text);
	if (!x.m.n)
		return;
	fmt_score(least, x.metric, x.m.least);
	fmt_score(most, x.metric, x.m.most);
	at += 36;
	at += draw_textf(c, y, at, end - at, INK_TEXT, "%s to %s", least, most) + 2;
	at += draw_text(c, y, at, end - at, INK_DIM, "best ");
	draw_foreign(c, y, at, end - at, INK_TEXT, v->table.card[x.best].info.name);
}

void draw_runs_system_detail(struct canvas *c, const struct runs_view *v, struct rect r,
			     const struct run_group *g)
{
	const struct run_card *card = &v->table.card[g->member[0]];
	struct rect in = rect_cut(r, 1, 2, 1, 2);
	int lines = in.h < card->n_tasks ? in.h : card->n_tasks, at = 0;
	struct system_value x;
	char remark[96];

	system_value_read(&v->table, g, v->task, v->pick, v->step, &x);
	if (g->n < 2)
		str_copy(remark, sizeof remark, "one run: it has no interval");
	else if (x.m.n < x.runs)
		str_format(remark, sizeof remark, "95%% intervals over %d splits of %d runs",
			   x.m.n, g->n);
	else
		str_format(remark, sizeof remark, "95%% intervals over %d runs (Student's t)",
			   x.runs);
	draw_titled_box(c, r, g->name, remark);
	for (int i = 0; i < card->n_tasks; i++)
		if (str_eq(card->task[i].name, v->task))
			at = layout_first(card->n_tasks, lines > 0 ? lines : 1, i);
	for (int i = 0; i < lines && at + i < card->n_tasks; i++)
		draw_task(c, v, in, in.y + i, g, card->task[at + i].name);
}
