/*
 * inspect_numbers.c - regressions: guesses against gold as dots, residuals as bars.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask/ask_regress.h"
#include "base/mem.h"
#include "base/str.h"
#include "inspect_own.h"

/* Of the rows with both numbers, whose means are gold and guess; NaN: no spread. */
static double correlation(const struct prediction_set *s, double gold, double guess)
{
	double sxx = 0, syy = 0, sxy = 0;

	for (int i = 0; i < s->n; i++) {
		double x = number_gold(&s->p[i]) - gold;
		double y = number_guess(&s->p[i]) - guess;

		if (!isfinite(x) || !isfinite(y))
			continue;
		sxx += x * x;
		syy += y * y;
		sxy += x * y;
	}
	return sxx > 0 && syy > 0 ? sxy / sqrt(sxx * syy) : NAN;
}

void residuals_of(const struct prediction_set *s, struct residuals *out)
{
	double sx = 0, sy = 0;

	*out = (struct residuals){0, 0, 0, 0, NAN, INFINITY, -INFINITY, INFINITY,
				  -INFINITY};
	for (int i = 0; i < s->n; i++) {
		double x = number_gold(&s->p[i]), y = number_guess(&s->p[i]);

		if (!isfinite(x) || !isfinite(y))
			continue;
		out->n++;
		out->mae += fabs(y - x);
		out->rmse += (y - x) * (y - x);
		out->bias += y - x;
		out->gold_lo = fmin(out->gold_lo, x);
		out->gold_hi = fmax(out->gold_hi, x);
		out->guess_lo = fmin(out->guess_lo, y);
		out->guess_hi = fmax(out->guess_hi, y);
		sx += x;
		sy += y;
	}
	if (!out->n) {
		out->mae = out->rmse = out->bias = NAN;
		return;
	}
	out->mae /= out->n;
	out->rmse = sqrt(out->rmse / out->n);
	out->bias /= out->n;
	out->pearson = correlation(s, sx / out->n, sy / out->n);
}

void residual_bins(const struct prediction_set *s, double most, int n, int *bin)
{
	memset(bin, 0, (size_t)n * sizeof *bin);
	for (int i = 0; i < s->n; i++) {
		double e = number_guess(&s->p[i]) - number_gold(&s->p[i]);
		int k;

		if (!isfinite(e) || !(most > 0))
			continue;
		k = (int)floor((e + most) / (2 * most) * n);
		bin[k < 0 ? 0 : k >= n ? n - 1 : k]++;
	}
}

/* --- dots --- */

/* Dots of a cell in braille, 2 across and 4 down (Unicode, block 2800). */
static const uint8_t dot_bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20},
				      {0x40, 0x80}};

static int place(double v, double lo, double hi, int n)
{
	int k = (int)((v - lo) / (hi - lo) * n);

	return k < 0 ? 0 : k >= n ? n - 1 : k;
}

/* Where guess and gold are the same, then every row as a dot. */
static void draw_dots(struct canvas *c, struct rect r, const struct results *d, double lo,
		      double hi, enum ink ink)
{
	uint8_t *bits = xcalloc((size_t)r.h * (size_t)r.w + 1, sizeof *bits);
	int *count = xcalloc((size_t)r.h * (size_t)r.w + 1, sizeof *count);

	for (int x = 0; x < r.w; x++)
		draw_cell(c, r.y + r.h - 1 - x * r.h / r.w, r.x + x, c->fancy ? 0xb7 : '.',
			  INK_FRAME);
	for (int i = 0; i < d->set.n; i++) {
		const struct prediction *p = &d->set.p[i];
		int x, y;

		if (!isfinite(number_gold(p)) || !isfinite(number_guess(p)))
			continue;
		x = place(number_gold(p), lo, hi, 2 * r.w);
		y = 4 * r.h - 1 - place(number_guess(p), lo, hi, 4 * r.h);
		bits[y / 4 * r.w + x / 2] |= dot_bit[y % 4][x % 2];
		count[y / 4 * r.w + x / 2]++;
	}
	for (int i = 0; i < r.h * r.w; i++)
		if (count[i])
			draw_cell(c, r.y + i / r.w, r.x + i % r.w, c->fancy ?
				  0x2800u + bits[i] : count[i] > 3 ? '#' :
				  count[i] > 1 ? 'o' : '+', ink);
	xfree(bits);
	xfree(count);
}

void inspect_draw_scatter(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct results *d = &inspect_of(ui)->data;
	struct rect plot = rect_cut(r, 1, 2, 2, 9);
	struct residuals s;
	double lo, hi;
	char text[24];

	residuals_of(&d->set, &s);
	draw_titled_box(c, r, "guess ↑  gold →", "on the line: right");
	if (!s.n || plot.h < 2 || plot.w < 4)
		return;
	lo = fmin(s.gold_lo, s.guess_lo);
	hi = fmax(s.gold_hi, s.guess_hi);
	hi = hi > lo ? hi : lo + 1;
	draw_right(c, plot.y, plot.x - 1, 7, INK_DIM, fmt_value(text, hi));
	draw_right(c, plot.y + plot.h - 1, plot.x - 1, 7, INK_DIM, fmt_value(text, lo));
	draw_text(c, plot.y + plot.h, plot.x, 8, INK_DIM, fmt_value(text, lo));
	draw_right(c, plot.y + plot.h, plot.x + plot.w, 8, INK_DIM, fmt_value(text, hi));
	draw_dots(c, plot, d, lo, hi, ink_channel(inspect_of(ui)->task));
}

void inspect_draw_residuals(struct canvas *c, const struct ui *ui, struct rect r)
{
	enum { BINS = 15 };
	const struct results *d = &inspect_of(ui)->data;
	struct rect plot = rect_cut(r, 2, 2, 2, 2);
	int bin[BINS], top = 1, w = plot.w / BINS;
	struct residuals s;
	double most;
	char text[24], number[24], pearson[24] = "-";

	residuals_of(&d->set, &s);
	draw_titled_box(c, r, "guess - gold", NULL);
	if (!s.n || plot.h < 1 || w < 1)
		return;
	most = 0;
	for (int i = 0; i < d->set.n; i++) {
		const struct prediction *p = &d->set.p[i];

		most = fmax(most, fabs(number_guess(p) - number_gold(p)));
	}
	residual_bins(&d->set, most, BINS, bin);
	for (int i = 0; i < BINS; i++)
		top = bin[i] > top ? bin[i] : top;
	if (isfinite(s.pearson)) /* one guess for all rows has none */
		str_format(pearson, sizeof pearson, "%.2f", s.pearson);
	draw_textf(c, r.y + 1, plot.x, plot.w, INK_TEXT, r.w >= 50 ?
		   "mean distance %s   root mean square %s   r %s" :
		   "MAE %s  RMSE %s  r %s", fmt_value(text, s.mae),
		   fmt_value(number, s.rmse), pearson);
	for (int i = 0; i < BINS; i++)
		for (int k = 0; k < (w > 2 ? w - 1 : w); k++)
			draw_span(c, plot.y, plot.x + i * w + k,
				  plot.h * 8 - bin[i] * plot.h * 8 / top, plot.h * 8,
				  i == BINS / 2 ? INK_GOOD : INK_MARK);
	str_format(number, sizeof number, "-%s", fmt_value(text, most));
	draw_text(c, plot.y + plot.h, plot.x, 9, INK_DIM, number);
	draw_text(c, plot.y + plot.h, plot.x + BINS / 2 * w, 2, INK_DIM, "0");
	str_format(number, sizeof number, "+%s", fmt_value(text, most));
	draw_right(c, plot.y + plot.h, plot.x + BINS * w, 9, INK_DIM, number);
}
