/*
 * curve.c - the plot widget. Dots of several lines share cells: the bits of a
 * braille cell are joined, the colour is the last one's.
 */
#include "curve.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* From that height on the x labels have a row of their own below the axis. */
enum { LABEL_COLS = 7, LABEL_ROW_FROM = 13, BRAILLE = 0x2800 };

void curve_range_clear(struct curve_range *r)
{
	r->is_set = false;
}

/* Kept where an int can count the units: a figure that ran away is far outside. */
static double to_units(const struct curve_range *r, double v)
{
	double u = r->log ? log2(v > 1e-9 ? v : 1e-9) : v;

	return fmax(-1e8, fmin(1e8, u / (r->unit > 0 ? r->unit : 1)));
}

static double from_units(const struct curve_range *r, int u)
{
	double unit = r->unit > 0 ? r->unit : 1;

	return r->log ? exp2(u * unit) : u * unit;
}

void curve_range_fit(struct curve_range *r, double min, double max)
{
	double lo = to_units(r, min), hi = to_units(r, max);
	int low = (int)floor(lo + 1e-9), high = (int)ceil(hi - 1e-9);

	if (!isfinite(min) || !isfinite(max))
		return;
	if (high <= low)
		high = low + 1;
	if (!r->is_set) {
		r->is_set = true;
		r->lo = low;
		r->hi = high;
		return;
	}
	if (low < r->lo || lo > r->lo + 1.5)
		r->lo = low;
	if (high > r->hi || hi < r->hi - 1.5)
		r->hi = high;
	if (r->hi <= r->lo)
		r->hi = r->lo + 1;
}

double curve_range_place(const struct curve_range *r, double v)
{
	return (to_units(r, v) - r->lo) / (r->hi - r->lo);
}

/* The left end of a logarithmic axis is never 0: ten octaves are enough. */
static void x_ends(const struct plot *p, double *from, double *to)
{
	*from = p->x_min;
	*to = p->x_max > p->x_min ? p->x_max : p->x_min + 1;
	if (!p->axis || !p->axis->is_log)
		return;
	if (*from < *to / 1024)
		*from = *to / 1024;
	*from = log2(*from);
	*to = log2(*to);
}

static double x_part(const struct plot *p, double value)
{
	double from, to;

	x_ends(p, &from, &to);
	if (p->axis && p->axis->is_log)
		value = log2(value > 0 ? value : 1e-9);
	return (value - from) / (to - from);
}

double plot_part(const struct plot *p, double step)
{
	return x_part(p, axis_value(p->axis, step));
}

double plot_step_at(const struct plot *p, double part)
{
	double from, to, value;

	x_ends(p, &from, &to);
	value = from + part * (to - from);
	if (p->axis && p->axis->is_log)
		value = exp2(value);
	return axis_step(p->axis, value);
}

static int value_column(const struct plot *p, double value)
{
	double part = x_part(p, value);
	int x;

	if (!(part >= 0) || part > 1 + 1e-9)
		return -1;
	x = (int)(part * p->area.w);
	return p->area.x + (x >= p->area.w ? p->area.w - 1 : x);
}

int plot_column(const struct plot *p, int64_t step)
{
	return value_column(p, axis_value(p->axis, (double)step));
}

/* Row of a height 0..1 in dots of a `per` to the row raster; clamped. */
static int dot_row(const struct plot *p, double place, int per)
{
	int dots = p->area.h * per, y = (int)lrint((1 - place) * (dots - 1));

	return y < 0 ? 0 : y >= dots ? dots - 1 : y;
}

/* "1e-05" as "1e-5". */
static void drop_noughts(char *s)
{
	char *e = strstr(s, "e-0");

	if (e)
		memmove(e + 2, e + 3, strlen(e + 3) + 1);
}

/* As many digits as the columns take, rounded: never a number with its end cut off. */
static void label(char out[24], double v, int digits)
{
	if (v != 0 && fabs(v) < 0.001) {
		snprintf(out, 24, "%.0e", v);
		drop_noughts(out);
		return;
	}
	if (fabs(v) >= 1e4) {
		fabs(v) < 1e15 ? (void)fmt_brief(out, v) : (void)snprintf(out, 24, "%.0e", v);
		return;
	}
	for (; digits > 0; digits--) {
		char *nought;

		snprintf(out, 24, "%.*g", digits, v);
		nought = strstr(out, "0.");
		if (strlen(out) > LABEL_COLS - 2 && fabs(v) < 0.01 && nought)
			memmove(nought, nought + 1, strlen(nought));
		if (strlen(out) <= LABEL_COLS - 2)
			return;
	}
}

static void y_labels(struct canvas *c, const struct plot *p)
{
	int units = p->range.hi - p->range.lo;
	int most = (p->area.h + 1) / 2; /* labels that fit */
	int every = most > 0 ? units / most + 1 : units;

	if (every > units)
		every = units > 1 ? units : 1;
	for (int u = p->range.lo; u <= p->range.hi; u += every) {
		char text[24];
		double v = from_units(&p->range, u);
		int y;

		y = p->area.y + dot_row(p, (double)(u - p->range.lo) / units, 4) / 4;
		label(text, v * p->scale, p->range.log && p->range.unit < 1 ? 3 : 4);
		draw_right(c, y, p->area.x - 2, LABEL_COLS - 2, INK_DIM, text);
		for (int x = 3; x < p->area.w; x += 4)
			draw_cell(c, y, p->area.x + x, 0xb7, INK_FRAME);
	}
}

/* A label on the axis; returns the column after it. */
static int x_label(struct canvas *c, const struct plot *p, double value, double tick,
		   int free_from)
{
	enum axis_kind kind = p->axis ? p->axis->kind : AXIS_STEP;
	int x = value_column(p, value), w;
	char text[24];

	axis_label(kind, text, value, tick);
	w = (int)strlen(text);
	if (x < 0 || w >= p->area.w)
		return free_from;
	x -= w / 2;
	if (x + w > p->area.x + p->area.w)
		x = p->area.x + p->area.w - w;
	if (x < free_from)
		return free_from;
	if (p->label_row > p->area.y + p->area.h)
		draw_cell(c, p->label_row - 1, value_column(p, value), 0x2534, INK_FRAME);
	draw_text(c, p->label_row, x, w, INK_DIM, text);
	return x + w + 1;
}

static void x_axis(struct canvas *c, const struct plot *p)
{
	enum axis_kind kind = p->axis ? p->axis->kind : AXIS_STEP;
	double range = p->x_max - p->x_min;
	int y = p->area.y + p->area.h, most = p->area.w / 16 > 2 ? p->area.w / 16 : 2;
	int free_from = p->area.x;

	draw_rule(c, y, p->area.x, p->area.w, INK_FRAME);
	draw_cell(c, y, p->area.x - 1, 0x2570, INK_FRAME);
	if (!(range > 0))
		return;
	if (p->axis && p->axis->is_log) { /* round values, about double each time */
		double v = axis_tick(kind, p->x_max / 512, 1);

		for (; v <= p->x_max * (1 + 1e-9); v = axis_tick(kind, v * 3.8, 1))
			if (v > p->x_min)
				free_from = x_label(c, p, v, v, free_from);
	} else {
		double tick = axis_tick(kind, range, most);
		double v = (floor(p->x_min / tick + 1e-9) + 1) * tick;

		for (; v <= p->x_max + tick * 1e-9; v += tick)
			free_from = x_label(c, p, v, tick, free_from);
	}
}

void plot_begin(struct canvas *c, struct plot *p, struct rect r)
{
	bool has_row = r.h >= LABEL_ROW_FROM;

	p->area = rect_cut(r, 0, 1, 1 + has_row, LABEL_COLS + 1);
	p->label_row = p->area.y + p->area.h + has_row;
	if (p->area.h < 2 || p->area.w < 8) {
		p->area.h = 0;
		return;
	}
	if (p->scale == 0)
		p->scale = 1;
	for (int y = 0; y < p->area.h; y++)
		draw_cell(c, p->area.y + y, p->area.x - 1, 0x2502, INK_FRAME);
	y_labels(c, p);
	x_axis(c, p);
}

/* A cell that another mark of the same line may share or a grid dot may lose. */
static void put_dot(struct canvas *c, const struct plot *p, int dx, int dy,
		    const struct plot_line *l)
{
	static const uint8_t bit[4][2] = {{1, 8}, {2, 16}, {4, 32}, {64, 128}};
	int y = p->area.y + dy / 4, x = p->area.x + dx / 2;
	struct cell *k = canvas_at(c, y, x);
	uint32_t bits = 0;

	if (!k)
		return;
	if (k->ch >= BRAILLE && k->ch < BRAILLE + 256)
		bits = k->ch - BRAILLE;
	draw_cell(c, y, x, BRAILLE + (bits | bit[dy % 4][dx % 2]), l->ink);
}

static int64_t line_step(const struct plot_line *l, int i)
{
	if (l->at)
		return l->at[i];
	if (i == l->n - 1 && l->last > 0)
		return l->last;
	return l->first + (int64_t)(i + 1) * l->span;
}

/*
 * The line's value at dot column x of W: the mean of the values whose steps
 * fall into it, else between the neighbours; NaN before the first and after the
 * last. *i runs along, and *to: where the column before ended.
 */
static double line_value(const struct plot *p, const struct plot_line *l, int x, int W,
			 int *i, double *end)
{
	double from = *end, to = plot_step_at(p, (double)(x + 1) / W), sum = 0;
	double s0, s1, part;
	int n = 0;

	*end = to;

	while (*i < l->n && (double)line_step(l, *i) <= from)
		++*i;
	for (int k = *i; k < l->n && (double)line_step(l, k) <= to; k++)
		if (isfinite(l->v[k])) {
			sum += (double)l->v[k];
			n++;
		}
	if (n)
		return sum / n;
	if (l->dots || *i == 0 || *i >= l->n)
		return NAN;
	s0 = (double)line_step(l, *i - 1);
	s1 = (double)line_step(l, *i);
	part = s1 > s0 ? ((from + to) / 2 - s0) / (s1 - s0) : 0;
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return (double)l->v[*i - 1] * (1 - part) + (double)l->v[*i] * part;
}

static void put_column(struct canvas *c, const struct plot *p,
		       const struct plot_line *l, int x, int y, int before)
{
	int from = y, to = y;

	if (!c->fancy) {
		draw_cell(c, p->area.y + y, p->area.x + x, (uint32_t)l->mark, l->ink);
		return;
	}
	if (before >= 0 && !l->dots && before < y - 1)
		from = before + 1;
	if (before >= 0 && !l->dots && before > y + 1)
		to = before - 1;
	for (int k = from; k <= to; k++)
		put_dot(c, p, x, k, l);
}

void plot_line(struct canvas *c, const struct plot *p, const struct plot_line *l)
{
	int wide = c->fancy ? 2 : 1, per = c->fancy ? 4 : 1;
	int W = p->area.w * wide, before = -1, i = 0;
	double end;

	if (p->area.h <= 0 || l->n <= 0)
		return;
	end = plot_step_at(p, 0);
	for (int x = 0; x < W; x++) {
		double v = line_value(p, l, x, W, &i, &end);
		int y;

		if (!isfinite(v) || (l->dotted && x / wide % 2)) {
			before = -1;
			continue;
		}
		y = dot_row(p, curve_range_place(&p->range, v), per);
		put_column(c, p, l, x, y, before);
		before = y;
	}
}

void plot_level(struct canvas *c, const struct plot *p, double v, enum ink ink)
{
	int y;

	if (p->area.h <= 0 || !isfinite(v))
		return;
	y = p->area.y + dot_row(p, curve_range_place(&p->range, v), 1);
	for (int x = 0; x < p->area.w; x += 2) {
		struct cell *k = canvas_at(c, y, p->area.x + x);

		if (k && (k->ch == ' ' || k->ink == INK_FRAME))
			draw_cell(c, y, p->area.x + x, 0x2500, ink);
	}
}

void plot_name(struct canvas *c, const struct plot *p, int64_t step, double v,
	       char letter, enum ink ink)
{
	static const int down[] = {0, -1, 1};
	int x = plot_column(p, step), per = c->fancy ? 4 : 1, y;

	if (p->area.h <= 0 || x < 0 || !isfinite(v))
		return;
	y = dot_row(p, curve_range_place(&p->range, v), per) / per;
	for (int k = 0; k < 6; k++) {
		int row = y + down[k % 3], col = x + 1 + k / 3;
		struct cell *cell = canvas_at(c, p->area.y + row, col);

		if (!cell || row < 0 || row >= p->area.h || col > p->area.x + p->area.w ||
		    (cell->ch != ' ' && cell->ink != INK_FRAME))
			continue;
		draw_cell(c, p->area.y + row, col, (uint32_t)letter, ink);
		return;
	}
}

void plot_cursor(struct canvas *c, const struct plot *p, int64_t step)
{
	int x = plot_column(p, step);

	for (int y = 0; x >= 0 && y < p->area.h; y++) {
		struct cell *k = canvas_at(c, p->area.y + y, x);

		if (k && (k->ch == ' ' || k->ink == INK_FRAME))
			draw_cell(c, p->area.y + y, x, 0x2502, INK_STRONG);
	}
}

/* Half a number would be wrong: the label that stands there goes. */
static void clear_label(struct canvas *c, int y, int x)
{
	for (int way = -1; way <= 1; way += 2)
		for (int at = way < 0 ? x : x + 1;; at += way) {
			struct cell *k = canvas_at(c, y, at);

			if (!k || k->ink != INK_DIM)
				break;
			draw_cell(c, y, at, 0x2500, INK_FRAME);
		}
}

void plot_event(struct canvas *c, const struct plot *p, int64_t step, char letter,
		enum ink ink, bool has_line)
{
	int x = plot_column(p, step);

	if (p->area.h <= 0 || x < 0)
		return;
	for (int y = 0; y < p->area.h && has_line; y++) {
		struct cell *k = canvas_at(c, p->area.y + y, x);

		if (k && (k->ch == ' ' || k->ink == INK_FRAME))
			draw_cell(c, p->area.y + y, x, 0x250a, INK_FRAME);
	}
	if (p->label_row == p->area.y + p->area.h)
		clear_label(c, p->label_row, x);
	c->flags |= CELL_BOLD;
	draw_cell(c, p->area.y + p->area.h, x, (uint32_t)letter, ink);
	c->flags &= (uint8_t)~CELL_BOLD;
}
