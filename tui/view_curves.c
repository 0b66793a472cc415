/*
 * view_curves.c - the chart alone: all tasks or one, loss or dev metric, and a
 * cursor that reads values.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "keys.h"
#include "ui.h"

/* The smoothed loss, or the newest dev metric, at a step; NaN where none is. */
static double value_at(const struct channel *ch, enum chart_kind kind, int64_t step)
{
	const struct curve *c = &ch->curve;
	double v = NAN;
	int64_t i;

	if (kind == CHART_DEV) {
		for (int k = 0; k < ch->dev_curve.n && k < DEV_POINTS; k++)
			if (ch->dev_curve.step[k] <= step)
				v = (double)ch->dev_curve.value[k];
		return v;
	}
	if (c->n <= 0 || c->span <= 0 || step < 1)
		return NAN;
	i = (step - 1) / c->span;
	return i < c->n && i < CURVE_POINTS ? (double)c->smooth[i] : NAN;
}

static void draw_values(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct snapshot *s = ui->pic;
	int64_t step = ui->cursor >= 0 ? ui->cursor : s->step;
	int x = r.x + 1, end = r.x + r.w - 1;
	char number[24];

	x += draw_textf(c, r.y, x, 24, ui->cursor >= 0 ? INK_STRONG : INK_DIM, "at %s",
			fmt_count(number, step)) + 2;
	for (int i = 0; i < s->n_channels; i++) {
		double v = value_at(&s->ch[i], ui->chart, step);
		int w = foreign_columns(s->ch[i].name, strlen(s->ch[i].name)) + 8;

		if (ui->one && i != ui->channel)
			continue;
		if (x + w > end)
			break;
		x += draw_foreign(c, r.y, x, w, ink_channel(i), s->ch[i].name) + 1;
		x += draw_text(c, r.y, x, 7, INK_TEXT,
			       ui->chart == CHART_DEV ? fmt_metric(number, v) :
			       fmt_value(number, v)) + 2;
	}
}

void view_curves_draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	struct rect legend = body, chart = body, values = body;

	legend.h = values.h = 1;
	values.y = body.y + body.h - 1;
	chart = rect_cut(chart, 1, 0, 1, 0);
	draw_chart(c, ui, legend, chart);
	draw_values(c, ui, values);
}

bool view_curves_act(struct ui *ui, int action, int arg)
{
	const struct snapshot *s = ui->pic;
	int64_t unit = s->steps / 100 > 1 ? s->steps / 100 : 1;
	int n = s->n_channels;

	if (!n)
		return false;
	switch ((enum action)action) {
	case DO_MOVE:
		ui->channel = (ui->channel + arg + n) % n;
		break;
	case DO_ONE:
		ui->one = !ui->one;
		break;
	case DO_SIDE:
		ui->cursor = (ui->cursor < 0 ? s->step : ui->cursor) + arg * unit;
		ui->cursor = ui->cursor < 1	  ? 1 :
			     ui->cursor > s->step ? s->step :
						    ui->cursor;
		return true;
	default:
		return false;
	}
	curve_range_clear(&ui->loss_range);
	return true;
}
