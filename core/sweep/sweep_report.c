/*
 * sweep_report.c - the table of a sweep in four formats. One function words a cell, so
 * that text and Markdown say the same.
 */
#include "sweep/sweep_table.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/table_out.h"
#include "text/utf8.h"

enum { CELL = 240, GAP = 2 };

/* Characters, not bytes: labels may be of any script. */
static int width_of(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void number(char out[32], const struct sweep_column *c, double x)
{
	if (c->unit == METRIC_SHARE)
		str_format(out, 32, "%.1f", 100 * x);
	else if (c->unit == METRIC_CORRELATION)
		str_format(out, 32, "%.3f", x);
	else
		str_format(out, 32, "%.4g", x);
}

/* "88.4 [87.0, 89.8] 87.5-89.1 *" */
static void cell_text(const struct sweep_column *c, const struct sweep_cell *v,
		      char out[CELL])
{
	char mean[32], low[32], high[32], least[32], most[32];

	if (!v->m.n) {
		str_copy(out, CELL, "-");
		return;
	}
	number(mean, c, v->m.mean);
	number(low, c, v->m.low);
	number(high, c, v->m.high);
	number(least, c, v->m.least);
	number(most, c, v->m.most);
	if (v->m.n < 2)
		str_format(out, CELL, "%s%s", mean, v->is_best ? " *" : "");
	else
		str_format(out, CELL, "%s [%s, %s] %s to %s%s", mean, low, high, least, most,
			   v->is_best ? " *" : "");
}

static const char *system_label(const struct sweep *s, int y)
{
	return *s->system[y].label ? s->system[y].label : s->name;
}

/* A label made harmless, and cut between two letters where it is too long. */
static void put_label(const char *label, char out[CELL])
{
	struct buf b;
	size_t n;

	buf_init(&b);
	text_sanitize(&b, label, strlen(label));
	if (!str_copy(out, CELL, buf_str(&b))) {
		for (n = CELL - 4; n && ((unsigned char)out[n] & 0xc0) == 0x80; n--)
			;
		str_copy(out + n, CELL - n, "...");
	}
	buf_release(&b);
}

/* Row -1: the heads. Column 0: the system, 1: finished runs, then measures. */
static void text_at(const struct sweep *s, const struct sweep_table *t, int row, int col,
		    char out[CELL])
{
	if (!col)
		put_label(row < 0 ? "system" : system_label(s, row), out);
	else if (col == 1 && row < 0)
		str_copy(out, CELL, "runs");
	else if (col == 1)
		str_format(out, CELL, "%d/%d", t->finished[row], s->system[row].n);
	else if (row < 0)
		str_format(out, CELL, "%s %s", t->column[col - 2].task,
			   t->column[col - 2].metric);
	else
		cell_text(&t->column[col - 2], sweep_table_cell(t, row, col - 2), out);
}

static void put_text(const struct sweep *s, const struct sweep_table *t, struct buf *out)
{
	int width[SWEEP_METRICS + 2] = { 0 }, columns = t->n_columns + 2;
	char cell[CELL];

	for (int row = -1; row < s->n_systems; row++)
		for (int c = 0; c < columns; c++) {
			text_at(s, t, row, c, cell);
			if (width_of(cell) > width[c])
				width[c] = width_of(cell);
		}
	for (int row = -1; row < s->n_systems; row++)
		for (int c = 0; c < columns; c++) {
			bool is_last = c + 1 == columns;

			text_at(s, t, row, c, cell);
			buf_adds(out, cell);
			for (int i = width_of(cell); !is_last && i < width[c] + GAP; i++)
				buf_addc(out, ' ');
			if (is_last)
				buf_addc(out, '\n');
		}
}

static void put_markdown(const struct sweep *s, const struct sweep_table *t,
			 struct buf *out)
{
	char cell[CELL];

	for (int row = -1; row < s->n_systems; row++) {
		for (int c = 0; c < t->n_columns + 2; c++) {
			text_at(s, t, row, c, cell);
			buf_adds(out, "| ");
			for (const char *p = cell; *p; p++)
				buf_addf(out, *p == '|' ? "\\%c" : "%c", *p);
			buf_addc(out, ' ');
		}
		buf_adds(out, "|\n");
		for (int c = 0; row < 0 && c < t->n_columns + 2; c++)
			buf_adds(out, c + 1 < t->n_columns + 2 ? "|---" : "|---|\n");
	}
}

/* --- the words below --- */

static void say_draws(const struct sweep *s, const struct sweep_table *t, struct buf *out)
{
	const char *at = s->at == SWEEP_AT_BEST ? "best by the dev rows" : "last";
	bool has_interval = false;

	for (int i = 0; i < s->n_systems * t->n_columns; i++)
		has_interval |= t->cell[i].m.n > 1;
	if (has_interval)
		buf_addf(out, "Mean [%g%% interval of the mean, Student's t over %s] least to "
			 "most, on the dev rows, %s evaluation", s->level,
			 t->by_split ? "splits, each the mean of its seeds" : "runs", at);
	else
		buf_addf(out, "One run each, %s evaluation: no interval, differences between "
			 "seeds are not known", at);
	buf_adds(out, s->n_systems > 1 ? "; * the best mean.\n" : ".\n");
}

/* How many dev rows stand behind a column: few of them tell little. */
static void say_rows(const struct sweep *s, const struct sweep_table *t, struct buf *out)
{
	for (int c = 0; c < t->n_columns; c++) {
		int least = INT_MAX, most = 0;

		for (int i = 0; i < s->n_points; i++)
			if (isfinite(t->result[i].value[c])) {
				int rows = t->result[i].rows[c];

				least = rows < least ? rows : least;
				most = rows > most ? rows : most;
			}
		if (!most || (c && str_eq(t->column[c].task, t->column[c - 1].task)))
			continue;
		buf_addf(out, "%s: %d", t->column[c].task, least);
		if (most > least)
			buf_addf(out, " to %d", most);
		buf_adds(out, " dev rows\n");
	}
}

static const char *state_word(enum point_state st)
{
	switch (st) {
	case POINT_ABSENT: return "not begun";
	case POINT_REMAINS: return "not begun";
	case POINT_UNFINISHED: return "stopped";
	case POINT_LIVE: return "live";
	case POINT_FINISHED: return "finished";
	case POINT_OTHER: return "another run";
	}
	BUG("state %d", (int)st);
}

static void say_unfinished(const struct sweep *s, const struct sweep_table *t,
			   struct buf *out)
{
	for (int i = 0; i < s->n_points; i++) {
		const struct point_look *l = &t->result[i].look;

		if (l->state == POINT_FINISHED)
			continue;
		buf_addf(out, "unfinished: %s (%s", s->point[i].run, state_word(l->state));
		if (l->step > 0)
			buf_addf(out, ", step %lld", (long long)l->step);
		buf_adds(out, ")\n");
	}
	for (int i = 0; t->n_changed && i < s->n_points; i++)
		if (t->result[i].look.state == POINT_FINISHED &&
		    t->result[i].look.interventions)
			buf_addf(out, "changed by hand while it ran: %s (%d commands)\n",
				 s->point[i].run, t->result[i].look.interventions);
}

/* --- for programs --- */

static void put_figures(const struct sweep *s, const struct sweep_table *t,
			struct table_out *o, int y, int c)
{
	const struct sweep_cell *v = sweep_table_cell(t, y, c);

	table_row(o);
	table_str(o, "system", system_label(s, y));
	table_str(o, "task", t->column[c].task);
	table_str(o, "metric", t->column[c].metric);
	table_int(o, "runs", s->system[y].n);
	table_int(o, "finished", t->finished[y]);
	table_int(o, "n", v->m.n);
	table_f64(o, "mean", v->m.mean);
	table_f64(o, "low", v->m.low);
	table_f64(o, "high", v->m.high);
	table_f64(o, "level", s->level);
	table_f64(o, "least", v->m.least);
	table_f64(o, "most", v->m.most);
	table_bool(o, "best", v->is_best);
	table_row_end(o);
}

static void put_rows(const struct sweep *s, const struct sweep_table *t,
		     enum table_format format, struct buf *out)
{
	struct table_out o;

	table_init(&o, out, format, "system");
	if (format == TABLE_CSV) {
		o.names = true;
		put_figures(s, t, &o, 0, 0);
		o.names = false;
	}
	for (int y = 0; y < s->n_systems; y++)
		for (int c = 0; c < t->n_columns; c++)
			put_figures(s, t, &o, y, c);
}

static void put_runs(const struct sweep *s, const struct sweep_table *t, struct buf *out)
{
	for (int i = 0; i < s->n_points; i++) {
		const struct sweep_point *p = &s->point[i];
		const struct sweep_result *r = &t->result[i];
		struct json_out j;

		json_event(&j, out, "run");
		json_put_str(&j, "run", p->run);
		json_put_str(&j, "system", system_label(s, p->system));
		if (p->has_split)
			json_put_int(&j, "split", (int64_t)p->split);
		if (p->has_seed)
			json_put_int(&j, "seed", (int64_t)p->seed);
		json_put_str(&j, "status", state_word(r->look.state));
		json_put_int(&j, "step", r->look.step);
		json_put_int(&j, "changed", r->look.interventions);
		json_open(&j, "values", '{');
		for (int c = 0; c < t->n_columns; c++) {
			char name[64];

			str_format(name, sizeof name, "%s.%s", t->column[c].task,
				   t->column[c].metric);
			json_put_num(&j, name, r->value[c]);
		}
		json_close(&j, '}');
		json_close(&j, '}');
		buf_addc(out, '\n');
	}
}

void sweep_table_write(const struct sweep *s, const struct sweep_table *t,
		       enum sweep_format format, struct buf *out)
{
	switch (format) {
	case SWEEP_CSV:
		put_rows(s, t, TABLE_CSV, out);
		return;
	case SWEEP_JSON:
		put_runs(s, t, out);
		put_rows(s, t, TABLE_JSON, out);
		return;
	case SWEEP_MARKDOWN:
		put_markdown(s, t, out);
		buf_addc(out, '\n');
		break;
	case SWEEP_TEXT:
		put_text(s, t, out);
		break;
	}
	say_draws(s, t, out);
	say_rows(s, t, out);
	say_unfinished(s, t, out);
}
