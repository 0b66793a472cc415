/*
 * runs_chart.c - the curves of the marked runs, and what stands for each of them.
 */
#include <math.h>

#include "base/str.h"
#include "view_runs.h"

char runs_letter(int mark)
{
	return (char)('a' + mark);
}

uint32_t runs_sign(const struct canvas *c, int mark)
{
	if (!c->fancy)
		return (uint32_t)channel_mark(mark);
	return c->colour || mark >= RUN_MARKS ? 0x25cf : (uint32_t)runs_letter(mark);
}

bool runs_is_ours(const struct snapshot *s, const struct run_card *card)
{
	return str_eq(s->run_path, card->info.path);
}

static void draw_legend(struct canvas *c, const struct runs_view *v, bool is_dev,
			struct rect r)
{
	int x = r.x + 1, end = r.x + r.w - 1;
	const struct run_group *g;

	c->flags = CELL_BOLD;
	x += draw_foreign(c, r.y, x, 16, INK_STRONG, v->task) + 1;
	c->flags = 0;
	x += draw_text(c, r.y, x, 16, INK_DIM,
		       is_dev ? "dev metric" : "smoothed loss") + 3;
	for (int i = 0; i <= RUN_MARKS && x < end; i++) {
		const char *name = i < RUN_MARKS ? v->mark[i] : v->chosen;

		if (!name[0] || (i == RUN_MARKS && runs_mark(v, name) < RUN_MARKS))
			continue;
		g = runs_system(v, runs_card(v, name));
		draw_cell(c, r.y, x, runs_sign(c, i),
			  i < RUN_MARKS ? ink_channel(i) : INK_TEXT);
		x += 2;
		x += draw_name(c, r.y, x, end - x < 18 ? end - x : 18, INK_TEXT,
				  g ? g->name : name) + 2;
	}
}

/* The task's smoothed loss in a marked run, as far as it was read. */
static void take_loss(struct plot_line *l, const struct curve *k, const struct run_card *card)
{
	if (!k)
		return;
	l->n = k->n;
	l->v = k->smooth;
	l->span = k->span;
	l->last = card->info.step;
}

static void take_dev(struct plot_line *l, const struct run_task *t)
{
	if (!t)
		return;
	l->n = t->n;
	l->v = t->value;
	l->at = t->step;
}

static void draw_line(struct canvas *c, const struct plot *p, int mark, struct plot_line *l)
{
	l->ink = mark < RUN_MARKS ? ink_channel(mark) : INK_TEXT;
	l->mark = channel_mark(mark);
	plot_line(c, p, l);
	if (l->n && mark < RUN_MARKS)
		plot_name(c, p, l->at ? l->at[l->n - 1] : l->last, (double)l->v[l->n - 1],
			  runs_letter(mark), l->ink);
}

static void draw_lines(struct canvas *c, const struct plot *p, const struct runs_view *v,
		       bool is_dev)
{
	for (int mark = RUN_MARKS; mark >= 0; mark--)
		for (int i = 0; i < v->table.n; i++) {
			const struct run_card *card = &v->table.card[i];
			struct plot_line l = {0};

			if (runs_mark_of(v, card) != mark)
				continue;
			if (is_dev)
				take_dev(&l, run_card_task(card, v->task));
			else
				take_loss(&l, runs_loss(v, card), card);
			draw_line(c, p, mark, &l);
		}
}

void draw_runs_chart(struct canvas *c, const struct runs_view *v,
		     const struct snapshot *s, bool is_dev, struct rect legend,
		     struct rect chart)
{
	struct plot p = {.range = is_dev ? v->dev_range : v->loss_range,
			 .scale = is_dev ? 100 : 1};
	const struct run_card *chosen = runs_chosen(v);
	const struct run_task *task = chosen ? run_card_task(chosen, v->task) : NULL;
	int any = 0, imported = 0;

	if (is_dev && task)
		p.scale = fmt_scale(task->metric);
	draw_legend(c, v, is_dev, legend);
	for (int i = 0; i < v->table.n; i++) {
		const struct run_card *card = &v->table.card[i];
		int64_t steps = runs_is_ours(s, card) ? s->step : card->info.step;

		if (runs_mark_of(v, card) < 0)
			continue;
		any++;
		imported += card->info.is_imported;
		p.x_max = fmax(p.x_max, (double)steps);
	}
	if (any && imported == any) {
		draw_nothing(c, chart, "imported predictions have no curve");
		return;
	}
	if (!any || !p.range.is_set) {
		draw_nothing(c, chart, job_slot_is_on(&v->loss) ? "reading losses" :
			     "no evaluation of this task yet");
		return;
	}
	plot_begin(c, &p, chart);
	draw_lines(c, &p, v, is_dev);
}
