/*
 * curves_export.c - the lines of the Curves view as CSV: a row a point of a line, of
 * every task that is shown and of the run behind them, within the window.
 */
#include "curves_export.h"

#include <ctype.h>

#include "base/str.h"
#include "base/table_out.h"

struct rows {
	struct table_out t;
	struct buf text;
	int64_t from, to;    /* steps that are shown: from < step <= to */
	uint64_t n;
	bool has_raw;
};

static void put_row(struct rows *r, const char *run, const char *task, int64_t step,
		    float value, float raw)
{
	if (!r->t.names && (step <= r->from || step > r->to))
		return;
	table_row(&r->t);
	table_str(&r->t, "run", run);
	table_str(&r->t, "task", task);
	table_int(&r->t, "step", step);
	table_f32(&r->t, "value", value);
	if (r->has_raw)
		table_f32(&r->t, "raw", raw);
	table_row_end(&r->t);
	r->n += !r->t.names;
}

static void put_series(struct rows *r, const char *run, const char *task,
		       const struct series *s)
{
	for (int i = 0; i < s->n; i++)
		put_row(r, run, task, i == s->n - 1 && s->last ? s->last :
			s->first + (i + 1) * s->span, s->value[i], s->raw[i]);
}

static void put_dev(struct rows *r, const char *run, const struct channel *ch)
{
	for (int i = 0; i < ch->dev_curve.n && i < DEV_POINTS; i++)
		put_row(r, run, ch->name, ch->dev_curve.step[i], ch->dev_curve.value[i], 0);
}

static void put_channel(struct rows *r, const struct ui *ui, int i)
{
	const struct chart *c = &ui->chart;
	const struct channel *ch = &ui->pic->ch[i], *o = overlay_channel(&c->overlay,
									 ch->name);
	const char *task = c->kind == CHART_NORM ? NULL : ch->name;

	if (c->kind == CHART_DEV)
		put_dev(r, ui->pic->run, ch);
	else
		put_series(r, ui->pic->run, task, &c->line[i]);
	if (!o && !(c->kind == CHART_NORM && c->overlay.is_on))
		return;
	if (c->kind == CHART_DEV)
		put_dev(r, c->overlay.snap.run, o);
	else
		put_series(r, c->overlay.snap.run, task, &c->other[i]);
}

void curves_export(struct ui *ui)
{
	static const char *const kind[CHARTS] = {
		[CHART_LOSS] = "loss", [CHART_DEV] = "dev", [CHART_NORM] = "norm",
		[CHART_SHARE] = "share"};
	const struct chart *c = &ui->chart;
	struct rows r = {.to = c->to ? c->to : INT64_MAX, .has_raw = c->kind != CHART_DEV};
	int n = c->kind == CHART_NORM && ui->pic->n_channels ? 1 : ui->pic->n_channels;
	char name[EXPORT_NAME];

	r.from = c->to ? c->from : -1;
	buf_init(&r.text);
	table_init(&r.t, &r.text, TABLE_CSV, "point");
	r.t.names = true;
	put_row(&r, "", "", 0, 0, 0);
	r.t.names = false;
	for (int i = 0; i < n; i++)
		if (!c->one || c->kind == CHART_NORM || i == ui->channel)
			put_channel(&r, ui, i);
	export_name(name, "curves", kind[c->kind], ui->pic->step);
	export_text(ui, name, "csv", "row", r.n, &r.text);
}
