/*
 * inspect_matrix.c - what is taken for what: the confusion matrix with the figures
 * of each class beside it, and confidence against accuracy.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "inspect_own.h"

enum { LABEL_COLS = 11, CELL_MIN = 5, CELL_MAX = 12, REMARK = 160 };

/* Where the parts of the matrix stand. */
struct grid {
	struct rect box;
	int cell, cols, rows;    /* what fits */
	int left, top;           /* of the cells */
	int figures;             /* column where the figures begin */
	bool all, has_foot;      /* every class has a column; a row of precisions */
	bool brief;              /* of the figures only the recall */
	struct listing down, across;
};

/* Columns of a cell at least: the greatest count and its edges. */
static int cell_least(const struct results *d)
{
	int most = 0;

	for (int i = 0; i < d->n_classes * d->n_classes; i++)
		most = d->matrix[i] > most ? d->matrix[i] : most;
	return most < 100 ? CELL_MIN - 1 : CELL_MIN;
}

static void grid_fit(const struct inspect_view *in, struct rect r, struct grid *g)
{
	const struct results *d = &in->data;
	int n = d->n_classes, room = r.w - 4 - LABEL_COLS;

	*g = (struct grid){.box = r, .left = r.x + 2 + LABEL_COLS, .top = r.y + 2};
	g->all = n * CELL_MIN <= room - 22;
	g->brief = !g->all && n * cell_least(d) <= room - 8;
	room -= g->all ? 22 : g->brief ? 8 : 29;
	g->cell = room / (n > 0 ? n : 1);
	g->cell = g->cell > CELL_MAX ? CELL_MAX :
		  g->cell < CELL_MIN && !g->brief ? CELL_MIN : g->cell;
	g->all = g->all || g->brief;
	g->cols = room / g->cell;
	g->cols = g->cols > n ? n : g->cols < 0 ? 0 : g->cols;
	g->rows = r.h - 3;
	g->has_foot = g->all && g->rows > n;
	g->down = (struct listing){in->on_matrix ? in->cell_gold : 0, 0};
	g->across = (struct listing){in->on_matrix ? in->cell_pred : 0, 0};
	listing_fit(&g->down, n, g->rows - g->has_foot);
	listing_fit(&g->across, n, g->cols);
	g->figures = g->left + g->cols * g->cell + 1;
}

static enum paper heat(int count, int row_sum, bool is_hit)
{
	double part = row_sum ? (double)count / row_sum : 0;

	if (!count)
		return PAPER_NONE;
	if (is_hit)
		return (enum paper)(PAPER_HIT + (part > .85 ? 2 : part > .5 ? 1 : 0));
	return (enum paper)(PAPER_MISS + (part > .2 ? 2 : part > .05 ? 1 : 0));
}

static void draw_count(struct canvas *c, const struct inspect_view *in, struct rect r,
		       int gold, int pred)
{
	const struct results *d = &in->data;
	int n = d->n_classes, count = d->matrix[gold * n + pred];
	bool chosen = in->on_matrix && d->class_order[in->cell_gold] == gold &&
		      d->class_order[in->cell_pred] == pred;
	bool filtered = d->gold == gold && d->pred == pred;
	bool is_tight = r.w < 4; /* no room for brackets: reversed */
	char text[24];

	c->paper = (uint8_t)heat(count, results_class(d, gold).n, gold == pred);
	c->flags = chosen || filtered ? CELL_BOLD : 0;
	c->flags |= chosen && is_tight ? CELL_REVERSE : 0;
	draw_fill(c, r);
	snprintf(text, sizeof text, "%d", count);
	draw_right(c, r.y, r.x + r.w - !is_tight, is_tight ? r.w : r.w - 2,
		   count ? INK_TEXT : INK_DIM, count ? text : "·");
	if ((chosen || filtered) && !is_tight) {
		draw_cell(c, r.y, r.x, chosen ? '[' : '(', INK_TEXT);
		draw_cell(c, r.y, r.x + r.w - 1, chosen ? ']' : ')', INK_TEXT);
	}
	c->flags = 0;
	c->paper = PAPER_NONE;
}

static void draw_part(struct canvas *c, int y, int end, double v, enum ink ink)
{
	char number[24];

	if (isnan(v))
		str_copy(number, sizeof number, "-");
	else if (v >= .9995)
		str_copy(number, sizeof number, "1.0");
	else
		str_format(number, sizeof number, ".%03d", (int)(v * 1000 + .5));
	draw_right(c, y, end, 6, ink, number);
}

static void draw_figures(struct canvas *c, const struct grid *g, const struct results *d,
			 int y, int class)
{
	struct class_score s = results_class(d, class);
	int x = g->figures + 6;
	char number[24];

	if (!g->all) {
		draw_part(c, y, x, s.precision, INK_TEXT);
		x += 7;
	}
	draw_part(c, y, x, s.recall, INK_TEXT);
	if (g->brief)
		return;
	draw_part(c, y, x + 7, s.f1, INK_STRONG);
	snprintf(number, sizeof number, "%d", s.n);
	draw_right(c, y, x + 14, 6, INK_DIM, number);
}

static void draw_heads(struct canvas *c, const struct grid *g, const struct results *d)
{
	int y = g->box.y + 1;
	char text[24];

	for (int k = 0; k < g->cols && g->across.top + k < d->n_classes; k++) {
		const char *label = result_label(d, d->class_order[g->across.top + k], text);
		int w = foreign_columns(label, strlen(label)), end;

		w = w > g->cell - 1 ? g->cell - 1 : w;
		end = g->left + (k + 1) * g->cell - 2;
		draw_name(c, y, end - w + 1 > g->left + k * g->cell ? end - w + 1 :
			  g->left + k * g->cell, g->cell - 1, INK_TEXT, label);
	}
	draw_text(c, y, g->figures, 28, INK_DIM,
		  g->brief ? "recall" :
		  g->all   ? "recall     F1      n" : "  prec recall     F1      n");
}

/* Under each column: of what was said to be this class, how much was. */
static void draw_foot(struct canvas *c, const struct grid *g, const struct results *d)
{
	int shown = d->n_classes < g->rows - 1 ? d->n_classes : g->rows - 1;
	int y = g->top + shown;

	draw_text(c, y, g->box.x + 2, LABEL_COLS, INK_DIM, "precision");
	for (int k = 0; k < g->cols && g->across.top + k < d->n_classes; k++)
		draw_part(c, y, g->left + (k + 1) * g->cell - 1,
			  results_class(d, d->class_order[g->across.top + k]).precision,
			  INK_TEXT);
}

static void matrix_remark(const struct inspect_view *in, const struct grid *g,
			  char out[REMARK])
{
	const struct results *d = &in->data;
	int room = (g->box.w - 30) / 2;
	char gold[64], pred[64], text[24];

	if (in->on_matrix && d->n_classes) {
		short_name(gold, sizeof gold,
			   result_label(d, d->class_order[in->cell_gold], text), room);
		short_name(pred, sizeof pred,
			   result_label(d, d->class_order[in->cell_pred], text), room);
		str_format(out, REMARK, "%s → %s", gold, pred);
	} else if (g->cols < d->n_classes || g->rows - g->has_foot < d->n_classes)
		str_format(out, REMARK, "%d classes%s", d->n_classes, d->n_classes > 12 ?
			   ", most confused first" : "");
	else
		str_copy(out, REMARK, d->gold >= 0 ? "c clears" : "");
}

void inspect_draw_matrix(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct inspect_view *in = inspect_of(ui);
	const struct results *d = &in->data;
	struct grid g;
	char text[24], remark[REMARK];

	grid_fit(in, r, &g);
	matrix_remark(in, &g, remark);
	draw_titled_box(c, r, "gold ↓  predicted →", remark[0] ? remark : NULL);
	draw_heads(c, &g, d);
	for (int i = 0; i < g.rows - g.has_foot && g.down.top + i < d->n_classes; i++) {
		int gold = d->class_order[g.down.top + i], y = g.top + i;

		draw_name(c, y, r.x + 2, LABEL_COLS - 1, INK_TEXT,
			  result_label(d, gold, text));
		for (int k = 0; k < g.cols && g.across.top + k < d->n_classes; k++)
			draw_count(c, in, (struct rect){y, g.left + k * g.cell, 1,
				   g.cell - 1}, gold, d->class_order[g.across.top + k]);
		draw_figures(c, &g, d, y, gold);
	}
	if (g.has_foot)
		draw_foot(c, &g, d);
}

/* --- calibration --- */

/*
 * A column per bin: the bar is the accuracy of its rows, the line their mean
 * confidence. A bar under its line is too sure of itself.
 */
static void draw_bin(struct canvas *c, struct rect plot, int x, int w, double accuracy,
		     double confidence)
{
	int full = plot.h * 8;
	int top = full - (int)(accuracy * full + .5);
	int line = (int)((1 - confidence) * plot.h);
	enum ink ink = accuracy < confidence - .1 ? INK_WARN : INK_MARK;

	line = line >= plot.h ? plot.h - 1 : line < 0 ? 0 : line;
	for (int i = 0; i < w; i++) {
		struct cell *k;

		draw_span(c, plot.y, x + i, top, full, ink);
		k = canvas_at(c, plot.y + line, x + i);
		if (k && k->ch == 0x2588) { /* on the bar: a line across it */
			c->flags = CELL_REVERSE;
			draw_cell(c, plot.y + line, x + i, 0x2501, ink);
			c->flags = 0;
		} else {
			draw_cell(c, plot.y + line, x + i, 0x2501, INK_STRONG);
		}
	}
}

/* What the bins' marks are, at their right; has_rows: their rows are told below. */
static void draw_bins_legend(struct canvas *c, struct rect plot, int x, int end, bool has_rows)
{
	draw_text(c, plot.y, x, end - x, INK_STRONG, "━ sure");
	draw_text(c, plot.y + 1, x, end - x, INK_MARK, "█ right");
	if (has_rows)
		draw_text(c, plot.y + plot.h + 1, x, 6, INK_DIM, "rows");
}

void inspect_draw_calibration(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct calibration *k = &inspect_of(ui)->data.calibration;
	int first = 0, n, step, w, labels, x;
	struct rect plot;
	char remark[48] = "";

	if (isfinite(k->temperature))
		str_format(remark, sizeof remark, r.w >= 40 ? "best temperature %.2f" :
			   "T %.2f", k->temperature);
	draw_titled_box(c, r, "calibration", remark[0] ? remark : NULL);
	while (first < CALIBRATION_BINS - 1 && !k->bin[first].n)
		first++; /* no row is so unsure */
	n = CALIBRATION_BINS - first;
	step = (r.w - 4) / n;
	step = step < 1 ? 1 : step > 6 ? 6 : step;
	w = step > 2 ? step - 1 : 1;
	labels = r.h >= 8 ? 2 : 1;
	plot = (struct rect){r.y + 1, r.x + 2, r.h - 2 - labels, r.w - 4};
	x = plot.x;
	if (plot.h < 1)
		return;
	for (int i = first; i < CALIBRATION_BINS; i++, x += step) {
		char text[24];

		if (k->bin[i].n)
			draw_bin(c, plot, x, w, k->bin[i].accuracy, k->bin[i].confidence);
		str_format(text, sizeof text, ".%d5", i);
		if (step >= 4 || (step >= 2 && (CALIBRATION_BINS - 1 - i) % 2 == 0))
			draw_text(c, plot.y + plot.h, x, 3, INK_DIM, text);
		if (labels > 1 && step >= 4 && k->bin[i].n)
			draw_text(c, plot.y + plot.h + 1, x, step - 1, INK_DIM,
				  fmt_brief(text, k->bin[i].n));
	}
	if (x + 14 < r.x + r.w && plot.h >= 3)
		draw_bins_legend(c, plot, x + 2, r.x + r.w - 2, labels > 1);
}
