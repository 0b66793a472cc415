/*
 * inspect_labels.c - sets of labels: how each label fares, and how the rows do.
 */
#include <math.h>
#include <stdio.h>

#include "ask/ask_multilabel.h"
#include "base/str.h"
#include "inspect_own.h"

enum { CELL = 7, LABEL_LEAST = 12, LABEL_MOST = 24 };

const char *set_cell_name(int cell)
{
	static const char *const name[SET_CELLS] = {"right", "missed", "extra"};

	return cell >= 0 && cell < SET_CELLS ? name[cell] : "";
}

static int count_of(const struct tally *t, int cell)
{
	return (int)(cell == SET_HIT ? t->both : cell == SET_MISSED ? t->gold - t->both :
								    t->pred - t->both);
}

static enum paper heat(const struct tally *t, int cell)
{
	int n = count_of(t, cell), all = (int)(cell == SET_EXTRA ? t->pred : t->gold);
	double part = all ? (double)n / all : 0;

	if (!n)
		return PAPER_NONE;
	if (cell == SET_HIT)
		return (enum paper)(PAPER_HIT + (part > .85 ? 2 : part > .5 ? 1 : 0));
	return (enum paper)(PAPER_MISS + (part > .2 ? 2 : part > .05 ? 1 : 0));
}

static void draw_count(struct canvas *c, const struct inspect_view *in, int y, int x,
		       int label, int cell)
{
	const struct results *d = &in->data;
	const struct tally *t = &d->tally[label];
	bool chosen = in->on_matrix && d->class_order[in->cell_gold] == label &&
		      in->cell_pred == cell;
	bool filtered = d->gold == label && d->pred == cell;
	char text[24];

	c->paper = (uint8_t)heat(t, cell);
	c->flags = chosen || filtered ? CELL_BOLD : 0;
	draw_fill(c, (struct rect){y, x, 1, CELL - 1});
	snprintf(text, sizeof text, "%d", count_of(t, cell));
	draw_right(c, y, x + CELL - 2, CELL - 3, count_of(t, cell) ? INK_TEXT : INK_DIM,
		   count_of(t, cell) ? text : "·");
	if (chosen || filtered) {
		draw_cell(c, y, x, chosen ? '[' : '(', INK_TEXT);
		draw_cell(c, y, x + CELL - 2, chosen ? ']' : ')', INK_TEXT);
	}
	c->flags = 0;
	c->paper = PAPER_NONE;
}

static void draw_part(struct canvas *c, int y, int end, double part, double all, enum ink ink)
{
	char number[24];

	if (!(all > 0))
		str_copy(number, sizeof number, "-");
	else if (part / all >= .9995)
		str_copy(number, sizeof number, "1.0");
	else
		str_format(number, sizeof number, ".%03d", (int)(part / all * 1000 + .5));
	draw_right(c, y, end, 6, ink, number);
}

/* One label: its counts, then what they come to. */
static void draw_label(struct canvas *c, const struct inspect_view *in, int y, int x, int w,
		       int label)
{
	const struct tally *t = &in->data.tally[label];
	double both = (double)t->both, gold = (double)t->gold, pred = (double)t->pred;
	char text[24];

	draw_name(c, y, x, w - 1, INK_TEXT, result_label(&in->data, label, text));
	x += w;
	for (int cell = 0; cell < SET_CELLS; cell++, x += CELL)
		draw_count(c, in, y, x, label, cell);
	draw_part(c, y, x + CELL - 1, both, pred, INK_TEXT);
	draw_part(c, y, x + 2 * CELL - 1, both, gold, INK_TEXT);
	draw_part(c, y, x + 3 * CELL - 1, 2 * both, gold + pred, INK_STRONG);
}

void inspect_draw_labels(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct inspect_view *in = inspect_of(ui);
	const struct results *d = &in->data;
	struct listing l = {in->on_matrix ? in->cell_gold : 0, 0};
	int rows = r.h - 3, w = r.w - 3 - 2 * SET_CELLS * CELL, x = r.x + 2;
	char remark[64] = "";

	w = w < LABEL_LEAST ? LABEL_LEAST : w > LABEL_MOST ? LABEL_MOST : w;
	if (rows < d->n_classes)
		str_format(remark, sizeof remark, "%d labels, most wrong first", d->n_classes);
	else if (d->gold >= 0)
		str_copy(remark, sizeof remark, "c clears");
	draw_titled_box(c, r, "labels", remark[0] ? remark : NULL);
	listing_fit(&l, d->n_classes, rows);
	for (int cell = 0; cell < SET_CELLS; cell++)
		draw_right(c, r.y + 1, x + w + (cell + 1) * CELL - 2, CELL, INK_DIM,
			   set_cell_name(cell));
	draw_text(c, r.y + 1, x + w + SET_CELLS * CELL, 3 * CELL, INK_DIM,
		  "  prec recall     F1");
	for (int i = 0; i < rows && l.top + i < d->n_classes; i++)
		draw_label(c, in, r.y + 2 + i, x, w, d->class_order[l.top + i]);
}

/* --- rows --- */

static void draw_share(struct canvas *c, struct rect r, int y, const char *what, int n,
		       int all, enum ink ink)
{
	int bar = r.w - 23;

	if (y >= r.y + r.h)
		return;
	draw_text(c, y, r.x, 13, INK_DIM, what);
	draw_textf(c, y, r.x + 14, 7, INK_TEXT, "%d", n);
	if (bar > 4 && all)
		draw_bar(c, y, r.x + 21, bar, (double)n / all, ink);
}

/* Rows by what is wrong with them, and labels a row. */
void inspect_draw_sets(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct results *d = &inspect_of(ui)->data;
	struct rect in = rect_cut(r, 1, 2, 1, 2);
	int wrong = 0, all = d->set.n, y = in.y;
	double gold = 0, said = 0;

	for (int i = 0; i < all; i++) {
		const struct prediction *p = &d->set.p[i];

		wrong += !set_is_right(p);
		gold += fmax(0, set_gold_count(p));
		said += fmax(0, set_pred_count(p));
	}
	draw_titled_box(c, r, "rows", NULL);
	draw_share(c, in, y++, "all right", all - wrong, all, INK_GOOD);
	draw_share(c, in, y++, "missed some", d->n_missed, all, INK_BAD);
	draw_share(c, in, y++, "extra ones", d->n_extra, all, INK_WARN);
	draw_share(c, in, y++, "both", d->n_both, all, INK_DIM);
	if (y < in.y + in.h && all)
		draw_textf(c, y, in.x, in.w, INK_DIM, in.w < 34 ? "%.1f gold %.1f said" :
			   "labels a row: %.2f gold, %.2f said", gold / all, said / all);
}
