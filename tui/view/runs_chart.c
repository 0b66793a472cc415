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

bool runs_is_ours(const struct ui *ui, const struct run_card *card)
{
	return str_eq(ui->pic->run_path, card->info.path);
}

static void draw_legend(struct canvas *c, const struct ui *ui,
			const struct runs_view *v, struct rect r)
{
	int x = r.x + 1, end = r.x + r.w - 1;

	c->flags = CELL_BOLD;
	x += draw_foreign(c, r.y, x, 16, INK_STRONG, v->task) + 1;
	c->flags = 0;
	x += draw_text(c, r.y, x, 16, INK_DIM,
		       ui->chart.kind != CHART_DEV ? "smoothed loss" : "dev metric") + 3;
	for (int i = 0; i <= RUN_MARKS && x < end; i++) {
		const char *name = i < RUN_MARKS ? v->mark[i] : v->chosen;

		if (!name[0] || (i == RUN_MARKS && runs_mark(v, name) < RUN_MARKS))
			continue;
		draw_cell(c, r.y, x, runs_sign(c, i),
			  i < RUN_MARKS ? ink_channel(i) : INK_TEXT);
		x += 2;
		x += draw_foreign(c, r.y, x, end - x < 18 ? end - x : 18, INK_TEXT, name) +
		     2;
	}
}

static void draw_line(struct canvas *c, const struct ui *ui, const struct runs_view *v,
		      struct plot *p, int mark, const struct run_card *card)
{
	const struct run_task *t = run_card_task(card, v->task);
	const struct curve *k = v->losses[mark].curve;
	struct plot_line l = {.ink = mark < RUN_MARKS ? ink_channel(mark) : INK_TEXT,
			      .mark = channel_mark(mark)};

	if (ui->chart.kind != CHART_DEV) {
		if (!k || !str_eq(v->losses[mark].task, v->task) ||
		    !str_eq(v->losses[mark].run, card->info.name))
			return;
		l.n = k->n;
		l.v = k->smooth;
		l.span = k->span;
		l.last = card->info.step;
	} else if (t) {
		l.n = t->n;
		l.v = t->value;
		l.at = t->step;
	}
	plot_line(c, p, &l);
	if (l.n && mark < RUN_MARKS)
		plot_name(c, p, l.at ? l.at[l.n - 1] : l.last, (double)l.v[l.n - 1],
			  runs_letter(mark), l.ink);
}

void draw_runs_chart(struct canvas *c, const struct ui *ui, const struct runs_view *v,
		     struct rect legend, struct rect chart)
{
	bool is_dev = ui->chart.kind == CHART_DEV;
	struct plot p = {.range = is_dev ? v->dev_range : v->loss_range,
			 .scale = is_dev ? 100 : 1};
	const struct run_card *chosen = runs_chosen(v);
	const struct run_task *task = chosen ? run_card_task(chosen, v->task) : NULL;
	int any = 0;

	if (is_dev && task)
		p.scale = fmt_scale(task->metric);
	draw_legend(c, ui, v, legend);
	for (int i = 0; i < v->table.n; i++) {
		const struct run_card *card = &v->table.card[i];
		int64_t steps = runs_is_ours(ui, card) ? ui->pic->step : card->info.step;

		if (runs_mark(v, card->info.name) < 0)
			continue;
		any++;
		p.x_max = fmax(p.x_max, (double)steps);
	}
	if (!any || !p.range.is_set) {
		draw_nothing(c, chart, job_slot_is_on(&v->loss) ? "reading losses" :
			     "no evaluation of this task yet");
		return;
	}
	plot_begin(c, &p, chart);
	for (int i = RUN_MARKS; i >= 0; i--) {
		const char *name = i < RUN_MARKS ? v->mark[i] : v->chosen;
		const struct run_card *card = runs_card(v, name);

		if (card && (i < RUN_MARKS || runs_mark(v, name) == RUN_MARKS))
			draw_line(c, ui, v, &p, i, card);
	}
}
