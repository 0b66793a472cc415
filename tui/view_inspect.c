/*
 * view_inspect.c - what a classifier gets wrong: the confusion matrix, scores
 * of each class, the rows by loss, one row opened. For regression: the rows by
 * distance.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "keys.h"
#include "ui.h"
#include "words.h"

enum { LABEL_COLS = 11 };

static void draw_head(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct inspection *in = &ui->inspect;
	const struct results *d = &in->data;
	const struct channel *ch = &ui->pic->ch[in->task];
	char number[24];
	int x = r.x + 1, end = r.x + r.w - 1;

	c->flags = CELL_BOLD;
	x += draw_foreign(c, r.y, x, 20, ink_channel(in->task), ch->name) + 2;
	c->flags = 0;
	x += draw_textf(c, r.y, x, 20, INK_TEXT, "dev %s",
			fmt_count(number, d->set.n)) +
	     3;
	x += draw_textf(c, r.y, x, 6, INK_DIM, "%s ", metric_table[ch->metric].brief);
	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 6, INK_STRONG, fmt_metric(number, ch->dev)) + 2;
	c->flags = 0;
	x += draw_textf(c, r.y, x, 14, INK_DIM, "baseline %s",
			fmt_metric(number, ch->baseline)) + 3;
	if (x + 20 < end && d->set.step >= 0)
		x += draw_textf(c, r.y, x, 24, INK_DIM, "evaluated at %s",
				fmt_count(number, d->set.step));
	if (x + 18 < end && ui->pic->n_channels > 1)
		draw_right(c, r.y, end, 14, INK_DIM, "< > other task");
}

/* --- the matrix --- */

static enum paper heat(int count, int row_sum, bool is_hit)
{
	double part = row_sum ? (double)count / row_sum : 0;

	if (!count)
		return PAPER_NONE;
	if (is_hit)
		return (enum paper)(PAPER_HIT + (part > .85 ? 2 : part > .5 ? 1 : 0));
	return (enum paper)(PAPER_MISS + (part > .2 ? 2 : part > .05 ? 1 : 0));
}

static void draw_cell_count(struct canvas *c, const struct inspection *in,
			    struct rect r, int gold, int pred)
{
	const struct results *d = &in->data;
	int n = d->n_classes, count = d->matrix[gold * n + pred];
	bool chosen = in->on_matrix && d->class_order[in->cell_gold] == gold &&
		      d->class_order[in->cell_pred] == pred;
	bool filtered = d->gold == gold && d->pred == pred;
	char text[24];

	c->paper = (uint8_t)heat(count, results_class(d, gold).n, gold == pred);
	c->flags = chosen || filtered ? CELL_BOLD : 0;
	draw_fill(c, r);
	snprintf(text, sizeof text, "%d", count);
	draw_right(c, r.y, r.x + r.w - 1, r.w - 2, INK_TEXT, text);
	if (chosen || filtered) {
		draw_cell(c, r.y, r.x, chosen ? '[' : '(', INK_TEXT);
		draw_cell(c, r.y, r.x + r.w - 1, chosen ? ']' : ')', INK_TEXT);
	}
	c->flags = 0;
	c->paper = PAPER_NONE;
}

/* As wide as there is room for, so that labels can be read. */
static int cell_columns(int room, const struct results *d)
{
	int w = room / d->n_classes;

	return w > 13 ? 13 : w < 6 ? 6 : w;
}

static void draw_matrix(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct inspection *in = &ui->inspect;
	const struct results *d = &in->data;
	struct listing down = {in->cell_gold, 0}, across = {in->cell_pred, 0};
	int rows = r.h - 3, room = r.w - LABEL_COLS - 4, w = cell_columns(room, d),
	    cols;
	char text[64], label[24];

	cols = room / w;
	str_format(text, sizeof text, "%d classes", d->n_classes);
	draw_titled_box(c, r, "gold ↓  predicted →",
			in->on_matrix ? "Enter filters" : text);
	if (!in->on_matrix)
		down.at = across.at = 0;
	listing_fit(&down, d->n_classes, rows);
	listing_fit(&across, d->n_classes, cols);
	for (int k = 0; k < cols && across.top + k < d->n_classes; k++) {
		int x = r.x + 2 + LABEL_COLS + k * w;

		str_copy(label, sizeof label,
			 result_label(d, d->class_order[across.top + k], text));
		draw_foreign(c, r.y + 1, x, w - 1, INK_TEXT, label);
	}
	for (int i = 0; i < rows && down.top + i < d->n_classes; i++) {
		int gold = d->class_order[down.top + i];

		draw_foreign(c, r.y + 2 + i, r.x + 2, LABEL_COLS - 1, INK_TEXT,
			     result_label(d, gold, text));
		for (int k = 0; k < cols && across.top + k < d->n_classes; k++)
			draw_cell_count(c, in, (struct rect){r.y + 2 + i,
					r.x + 2 + LABEL_COLS + k * w, 1, w - 1}, gold,
					d->class_order[across.top + k]);
	}
}

static void draw_score(struct canvas *c, int y, int x, double v, enum ink ink)
{
	char number[24];

	draw_right(c, y, x, 6, ink, fmt_metric(number, v));
}

static void draw_classes(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct inspection *in = &ui->inspect;
	const struct results *d = &in->data;
	struct listing down = {in->on_matrix ? in->cell_gold : 0, 0};
	int rows = r.h - 3, name_w = r.w - 29 > 10 ? 12 : r.w - 29;
	int x = r.x + 2 + name_w;
	char text[64];

	draw_titled_box(c, r, "per class", NULL);
	draw_text(c, r.y + 1, x, r.w - 4 - name_w, INK_DIM, "     P     R    F1     n");
	listing_fit(&down, d->n_classes, rows);
	for (int i = 0; i < rows && down.top + i < d->n_classes; i++) {
		int class = d->class_order[down.top + i], y = r.y + 2 + i;
		struct class_score s = results_class(d, class);

		draw_foreign(c, y, r.x + 2, name_w, INK_TEXT,
			     result_label(d, class, text));
		draw_score(c, y, x + 6, s.precision, INK_TEXT);
		draw_score(c, y, x + 12, s.recall, INK_TEXT);
		draw_score(c, y, x + 18, s.f1, INK_STRONG);
		snprintf(text, sizeof text, "%d", s.n);
		draw_right(c, y, x + 24, 6, INK_DIM, text);
	}
}

/* --- regression: how far guesses are off --- */

static void draw_distances(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct results *d = &ui->inspect.data;
	double sum = 0, squares = 0, lo = INFINITY, hi = -INFINITY;
	char number[24];
	int n = d->set.n, y = r.y + 1;

	for (int i = 0; i < n; i++) {
		double e = d->set.p[i].guess - d->set.p[i].number;

		sum += fabs(e);
		squares += e * e;
		lo = fmin(lo, d->set.p[i].number);
		hi = fmax(hi, d->set.p[i].number);
	}
	draw_titled_box(c, r, "distance of the guesses", NULL);
	draw_text(c, y, r.x + 3, 16, INK_DIM, "mean distance");
	draw_right(c, y, r.x + 28, 8, INK_STRONG, fmt_value(number, sum / n));
	draw_text(c, y + 1, r.x + 3, 17, INK_DIM, "root mean square");
	draw_right(c, y + 1, r.x + 28, 8, INK_TEXT,
		   fmt_value(number, sqrt(squares / n)));
	if (r.h > 4)
		draw_textf(c, y + 2, r.x + 3, r.w - 6, INK_DIM,
			   "gold from %.3g to %.3g", lo, hi);
}

/* --- the list --- */

static void draw_row(struct canvas *c, const struct results *d, struct rect r, int y,
		     int place)
{
	const struct prediction *p = &d->set.p[d->order[place]];
	const struct dev_row *row = &d->set.row[d->order[place]];
	int x = r.x + 2, label_w = r.w >= 100 ? 11 : 8;
	char text[64];

	snprintf(text, sizeof text, "%lld", (long long)p->row);
	draw_right(c, y, x + 6, 6, INK_DIM, text);
	x += 8;
	if (d->kind == TASK_REGRESS) {
		draw_right(c, y, x + 7, 7, INK_TEXT, fmt_value(text, p->number));
		draw_right(c, y, x + 15, 7, INK_TEXT, fmt_value(text, p->guess));
		x += 17;
	} else {
		draw_foreign(c, y, x, label_w, INK_TEXT,
			     result_label(d, p->gold, text));
		x += label_w + 1;
		draw_foreign(c, y, x, label_w,
			     result_is_error(d, p) ? INK_BAD : INK_GOOD,
			     result_label(d, p->pred, text));
		x += label_w + 1;
		snprintf(text, sizeof text, "%.2f", result_confidence(p));
		x += draw_right(c, y, x + 4, 4, INK_TEXT, text) + 1;
	}
	draw_right(c, y, x + 5, 5, INK_TEXT, fmt_value(text, p->loss));
	x += 7;
	x += draw_foreign(c, y, x, r.x + r.w - 2 - x, INK_TEXT,
			  row->text ? row->text : "");
	if (row->pair && x + 6 < r.x + r.w - 2) {
		x += draw_text(c, y, x, 4, INK_DIM, " || ");
		draw_foreign(c, y, x, r.x + r.w - 2 - x, INK_TEXT, row->pair);
	}
}

static void list_title(const struct results *d, char out[128])
{
	char gold[24], pred[24];

	if (d->kind == TASK_REGRESS)
		str_copy(out, 128, "rows");
	else if (d->gold >= 0)
		str_format(out, 128, "gold %s, predicted %s",
			   result_label(d, d->gold, gold),
			   result_label(d, d->pred, pred));
	else
		str_copy(out, 128, "errors");
}

static void draw_list(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct inspection *in = &ui->inspect;
	const struct results *d = &in->data;
	struct listing l = in->list;
	char title[128], remark[96];
	int label_w = r.w >= 100 ? 11 : 8;

	if (r.h < 4)
		return;
	list_title(d, title);
	str_format(remark, sizeof remark, "%d of %d · by %s", d->n_order, d->set.n,
		   d->kind == TASK_REGRESS && d->sort == SORT_CONFIDENCE ? "distance" :
		   sort_name(d->sort));
	draw_titled_box(c, r, title, remark);
	if (d->kind == TASK_REGRESS)
		draw_text(c, r.y + 1, r.x + 5, r.w - 6, INK_DIM,
			  "row     gold   guess   loss  text");
	else
		draw_textf(c, r.y + 1, r.x + 5, r.w - 6, INK_DIM,
			   "row  %-*s %-*s conf  loss  text", label_w, "gold", label_w,
			   "predicted");
	listing_fit(&l, d->n_order, r.h - 3);
	for (int k = 0; k < r.h - 3 && l.top + k < d->n_order; k++) {
		int y = r.y + 2 + k;

		if (l.top + k == l.at && !in->on_matrix) {
			c->paper = PAPER_ROW;
			draw_fill(c, (struct rect){y, r.x + 1, 1, r.w - 2});
			draw_text(c, y, r.x + 1, 1, INK_STRONG, "▸");
		}
		draw_row(c, d, r, y, l.top + k);
		c->paper = PAPER_NONE;
	}
}

/* --- one row --- */

static void draw_probabilities(struct canvas *c, const struct ui *ui, struct rect r,
			       const struct prediction *p)
{
	const struct results *d = &ui->inspect.data;
	bool *done = xcalloc((size_t)p->n_p + 1, sizeof *done);
	char text[64];

	for (int k = 0; k < r.h && k < p->n_p; k++) { /* the largest first */
		int best = -1;

		for (int i = 0; i < p->n_p; i++)
			if (!done[i] && (best < 0 || p->p[i] > p->p[best]))
				best = i;
		done[best] = true;
		draw_foreign(c, r.y + k, r.x, LABEL_COLS,
			     best == p->gold ? INK_STRONG : INK_DIM,
			     result_label(d, best, text));
		draw_bar(c, r.y + k, r.x + LABEL_COLS + 1, r.w - LABEL_COLS - 8,
			 (double)p->p[best], ink_channel(ui->inspect.task));
		snprintf(text, sizeof text, "%.3f", (double)p->p[best]);
		draw_right(c, r.y + k, r.x + r.w, 6, INK_TEXT, text);
	}
	xfree(done);
}

static void draw_past(struct canvas *c, const struct results *d, struct rect r)
{
	int n = d->past.n, show = (r.w - 2) / 8, from;
	char text[24];

	if (n == 0 || r.h < 2 || r.w < 10)
		return;
	from = n > show ? n - show : 0;
	draw_text(c, r.y, r.x, r.w, INK_DIM, d->kind == TASK_REGRESS ? "guess at step" :
		  "p(gold) at step");
	for (int i = from; i < n; i++) {
		const struct prediction *p = &d->past.p[i];
		bool known = p->gold >= 0 && p->gold < p->n_p;
		double v = d->kind == TASK_REGRESS ? p->guess :
			   known ? (double)p->p[p->gold] : NAN;
		int x = r.x + (i - from) * 8;
		enum ink ink = d->kind == TASK_REGRESS ? INK_TEXT :
			       p->pred == p->gold ? INK_GOOD : INK_BAD;

		draw_right(c, r.y + 1, x + 6, 6, INK_DIM,
			   fmt_brief(text, (double)d->past_step[i]));
		if (r.h < 3)
			continue;
		snprintf(text, sizeof text, "%.2f%s", v,
			 d->kind == TASK_REGRESS || p->pred == p->gold ? "" : "x");
		draw_right(c, r.y + 2, x + (p->pred == p->gold ? 6 : 7), 7, ink, text);
	}
}

static void draw_row_text(struct canvas *c, struct rect r, const struct dev_row *row)
{
	struct word *w;
	int n, used;

	w = words_cut(row->text, &n);
	used = words_draw(c, r, w, n, 0, false);
	xfree(w);
	if (row->pair && used < r.h) {
		w = words_cut(row->pair, &n);
		words_draw(c, rect_cut(r, used, 0, 0, 0), w, n, 0, false);
		xfree(w);
	}
}

static void draw_detail(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct results *d = &ui->inspect.data;
	const struct prediction *p;
	struct rect in = rect_cut(r, 1, 3, 1, 3), low, text;
	char title[48], remark[96], gold[24], pred[24];
	int i;

	if (r.h < 4 || !d->n_order)
		return;
	i = d->order[ui->inspect.list.at];
	p = &d->set.p[i];
	str_format(title, sizeof title, "row %lld", (long long)p->row);
	if (d->kind == TASK_REGRESS)
		str_format(remark, sizeof remark, "gold %.3g · guess %.3g", p->number,
			   p->guess);
	else
		str_format(remark, sizeof remark, "gold %.20s · predicted %.20s",
			   result_label(d, p->gold, gold),
			   result_label(d, p->pred, pred));
	draw_titled_box(c, r, title, remark);
	text = in;
	text.h = in.h >= 8 ? 3 : in.h >= 5 ? 2 : 1;
	draw_row_text(c, text, &d->set.row[i]);
	low = rect_cut(in, text.h + (in.h >= 8), 0, 0, 0);
	if (d->kind == TASK_REGRESS) {
		draw_past(c, d, low);
		return;
	}
	draw_probabilities(c, ui, (struct rect){low.y, low.x, low.h, low.w / 2 - 2}, p);
	draw_past(c, d, (struct rect){low.y, low.x + low.w / 2 + 1, low.h, low.w / 2});
}

void view_inspect_draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct inspection *in = &ui->inspect;
	const struct results *d = &in->data;
	struct inspect_layout l;

	if (in->task < 0 || in->task >= ui->pic->n_channels) {
		draw_nothing(c, body, "no task that classifies or regresses here: "
			     "4 reads summaries");
		return;
	}
	layout_inspect(body, d->n_classes ? d->n_classes : 2, &l);
	draw_head(c, ui, l.head);
	if (!d->set.n) {
		draw_nothing(c, body, d->trouble);
		return;
	}
	if (d->n_classes) {
		draw_matrix(c, ui, l.matrix);
		draw_classes(c, ui, l.classes);
	} else {
		draw_distances(c, ui, l.matrix);
	}
	draw_list(c, ui, l.list);
	draw_detail(c, ui, l.detail);
}

void view_inspect_recalc(struct ui *ui)
{
	struct inspection *in = &ui->inspect;

	in->task = ui_first_task(ui, false, in->task);
	results_load(&in->data, &ui->feed, ui->pic, in->task);
	listing_fit(&in->list, in->data.n_order, 1 << 20);
	if (in->data.n_order)
		results_history(&in->data, &ui->feed, ui->pic->run_path,
				in->data.order[in->list.at]);
}

/* --- keys --- */

static void next_task(struct ui *ui, int dir)
{
	int n = ui->pic->n_channels, t = ui->inspect.task;

	for (int k = 0; k < n; k++) {
		t = (t + dir + n) % n;
		if (ui->pic->ch[t].kind != TASK_SUMMARIZE)
			break;
	}
	if (n && ui->pic->ch[t].kind != TASK_SUMMARIZE)
		ui->inspect.task = t;
	ui->inspect.list = (struct listing){0, 0};
	ui->inspect.on_matrix = false;
	ui->inspect.cell_gold = ui->inspect.cell_pred = 0;
}

static void move_cell(struct inspection *in, int down, int across)
{
	int n = in->data.n_classes;

	if (!n)
		return;
	in->cell_gold = (in->cell_gold + down + n) % n;
	in->cell_pred = (in->cell_pred + across + n) % n;
}

static void filter(struct inspection *in, int gold, int pred)
{
	in->data.gold = gold;
	in->data.pred = pred;
	results_arrange(&in->data);
	in->list = (struct listing){0, 0};
}

static void sort(struct inspection *in)
{
	in->data.sort = in->data.sort == SORT_LOSS ? SORT_CONFIDENCE :
			in->data.sort == SORT_CONFIDENCE ? SORT_ROW : SORT_LOSS;
	results_arrange(&in->data);
	in->list = (struct listing){0, 0};
}

bool view_inspect_act(struct ui *ui, int action, int arg)
{
	struct inspection *in = &ui->inspect;
	struct results *d = &in->data;

	switch ((enum action)action) {
	case DO_MOVE:
		if (in->on_matrix)
			move_cell(in, arg, 0);
		else
			in->list.at += arg;
		break;
	case DO_SIDE:
		if (in->on_matrix)
			move_cell(in, 0, arg);
		break;
	case DO_PAGE: in->list.at += 10 * arg; break;
	case DO_END: in->list.at = arg < 0 ? 0 : d->n_order; break;
	case DO_PANE: in->on_matrix = !in->on_matrix && d->n_classes > 0; break;
	case DO_OPEN:
		if (in->on_matrix && d->n_classes)
			filter(in, d->class_order[in->cell_gold],
			       d->class_order[in->cell_pred]);
		in->on_matrix = false;
		break;
	case DO_CLEAR: filter(in, -1, -1); break;
	case DO_SORT: sort(in); break;
	case DO_TASK: next_task(ui, arg); break;
	default: return false;
	}
	if (in->cell_gold >= d->n_classes || in->cell_pred >= d->n_classes)
		in->cell_gold = in->cell_pred = 0;
	listing_fit(&in->list, d->n_order, 1 << 20);
	return true;
}
