/*
 * inspect_example.c - one row: its text with what made the answer, probabilities,
 * how it went over the evaluations. Below the list, or with the whole body.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inspect_own.h"
#include "kind_view.h"
#include "ui/models.h"
#include "widget/words.h"

enum { STEP_COLS = 7 };

/* --- the text --- */

static int draw_words(struct canvas *c, struct rect r, const char *text)
{
	int n, used;
	struct word *w = words_cut(text, &n);

	used = words_draw(c, r, w, n, 0, false);
	xfree(w);
	return used < r.h ? used : r.h;
}

/* Both texts of a row, marked where it has been explained; lines used. */
static int draw_texts(struct canvas *c, const struct ui *ui, struct rect r,
		      const struct dev_row *row, const struct attribution *a)
{
	const char *text[2] = {row->text, result_pair(row)};
	int used = 0;

	for (int t = 0; t < 2 && used < r.h; t++) {
		struct rect in = rect_cut(r, used, 0, 0, 0);

		if (!text[t])
			continue;
		if (text[1] && !t)
			in.h = in.h > 1 ? (in.h + 1) / 2 : 1;
		if (a && !a->is_waiting && a->text[t]) {
			int n = attribution_draw(c, in, a, ui->attributions.method, t);

			used += n < in.h ? n : in.h;
		} else {
			used += draw_words(c, in, text[t]);
		}
	}
	return used;
}

/* What the marks mean, or how to get them. */
static void draw_legend(struct canvas *c, const struct ui *ui, int y, int x, int w,
			const struct attribution *a, const char *said)
{
	const char *other;

	if (view_kind(inspect_of(ui)->data.kind)->unexplained) {
		draw_text(c, y, x, w, INK_DIM, view_kind(inspect_of(ui)->data.kind)->unexplained);
	} else if (ui_has_no_model(ui)) {
		draw_text(c, y, x, w, INK_DIM, "imported predictions: no model can say which "
			  "words made the answer");
	} else if (!a && ui_looks_only(ui)) {
		draw_text(c, y, x, w, INK_DIM, "this screen only looks: no model is asked");
	} else if (!a) {
		draw_text(c, y, x, w, INK_DIM, "Enter: which words made the answer?");
	} else if (a->is_waiting) {
		draw_text(c, y, x, w, INK_DIM, models_is_live(ui) ?
			  "asked; the answer comes between two steps" :
			  "asked; the checkpoint is opened if need be");
	} else if (a->why[0]) {
		draw_foreign(c, y, x, w, INK_WARN, a->why);
	} else {
		bool is_to = said || (a->is_said &&
				      ui->attributions.method == METHOD_GRADIENT);

		other = method_name((ui->attributions.method + 1) % METHODS);
		x += draw_text(c, y, x, w, INK_WARN, is_to ? "[to] " : "[raises] ");
		x += draw_foreign(c, y, x, 16, INK_DIM, a->pred);
		x += draw_text(c, y, x, w, INK_LINK, is_to ? "  (from it)" : "  (lowers it)");
		if (said && !str_eq(said, a->pred) && isfinite(a->p))
			x += draw_textf(c, y, x, 44, INK_WARN, "  the model says this now: %.2f",
					a->p);
		draw_textf(c, y, x + 3, w, INK_DIM, "o: %s", other);
	}
}

/* --- history --- */

static void draw_past_spark(struct canvas *c, const struct results *d, int y, int x,
			    int w)
{
	const struct view_kind *k = view_kind(d->kind);
	double v[64], lo = INFINITY, hi = -INFINITY;
	int n = d->past.n < 64 ? d->past.n : 64, from;

	n = n < w ? n : w;
	from = d->past.n - n;
	for (int i = 0; i < n; i++) {
		v[i] = k->past_value(&d->past.p[from + i]);
		lo = fmin(lo, v[i]);
		hi = fmax(hi, v[i]);
	}
	for (int i = 0; i < n && k->is_past_scaled; i++)
		v[i] = hi > lo ? (v[i] - lo) / (hi - lo) : .5;
	draw_spark(c, y, x, v, n, INK_MARK);
}

/* Steps, values (x where the answer was wrong), and their course. */
void inspect_draw_past(struct canvas *c, const struct results *d, struct rect r)
{
	int n = d->past.n, show = r.w / STEP_COLS, from = n > show ? n - show : 0, title;
	const struct view_kind *k = view_kind(d->kind);
	int y = r.y + (r.h > 2 ? 2 : 1);
	char text[24];

	if (n == 0 || r.h < 1 || r.w < 12)
		return;
	title = draw_text(c, r.y, r.x, r.w, INK_DIM, k->past_name);
	draw_past_spark(c, d, r.y, r.x + title, r.w - title);
	from = r.h < 2 ? n : from;
	for (int i = from; i < n; i++) {
		const struct prediction *p = &d->past.p[i];
		int end = r.x + (i - from + 1) * STEP_COLS - 2;
		bool wrong = k->is_error && k->is_error(p);

		if (r.h > 2)
			draw_right(c, r.y + 1, end, 6, INK_DIM,
				   fmt_brief(text, (double)d->past_step[i]));
		snprintf(text, sizeof text, "%.2f", k->past_value(p));
		draw_right(c, y, end, 6, !k->is_error ? INK_TEXT : wrong ? INK_BAD : INK_GOOD,
			   text);
		if (wrong)
			draw_text(c, y, end, 1, INK_BAD, "x");
	}
}

/* --- the panes --- */

enum { REMARK_REST = 58 }; /* columns of a remark that are no names */

static const char *said_of(const struct results *d, const struct prediction *p,
			   char out[24])
{
	const struct view_kind *k = view_kind(d->kind);

	return k->said ? k->said(d, p, out) : NULL;
}

static struct rect draw_frame(struct canvas *c, const struct ui *ui, struct rect r, int i)
{
	const struct results *d = &inspect_of(ui)->data;
	const struct prediction *p = &d->set.p[i];
	const struct view_kind *k = view_kind(d->kind);
	struct rect in = rect_cut(r, 1, 3, 1, 3);
	char title[48], remark[REMARK];
	bool is_cut;

	str_format(title, sizeof title, "row %lld", (long long)p->row);
	is_cut = k->remark(d, p, r.w > REMARK_REST + 20 ? (r.w - REMARK_REST) / 2 : 10,
			   remark);
	draw_titled_box(c, r, title, remark);
	if (!is_cut || in.h < 4)
		return in;
	k->draw_names(c, d, p, in);
	return rect_cut(in, 1, 0, 0, 0);
}

static void draw_low(struct canvas *c, const struct ui *ui, struct rect r,
		     const struct prediction *p)
{
	const struct results *d = &inspect_of(ui)->data;

	view_kind(d->kind)->draw_low(c, d, p, r, ink_channel(inspect_of(ui)->task));
}

void inspect_draw_detail(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct results *d = &inspect_of(ui)->data;
	struct attribution_key key = inspect_key(ui);
	const struct attribution *a = attribution_find(ui, &key);
	int i = inspect_at(ui), lines;
	struct rect in, text;
	char said[24];

	if (r.h < 4 || i < 0)
		return;
	in = draw_frame(c, ui, r, i);
	text = in;
	text.h = in.h >= 10 ? 4 : in.h >= 5 || result_pair(&d->set.row[i]) ? 2 : 1;
	lines = draw_texts(c, ui, text, &d->set.row[i], a);
	if (in.h < 10) {
		if (a && in.h > lines) {
			draw_legend(c, ui, in.y + lines, in.x, in.w, a,
				    said_of(d, &d->set.p[i], said));
			lines++;
		}
		draw_low(c, ui, rect_cut(in, lines, 0, 0, 0), &d->set.p[i]);
		return;
	}
	lines += lines < 4;
	draw_legend(c, ui, in.y + lines, in.x, in.w, a, said_of(d, &d->set.p[i], said));
	if (a && !a->is_waiting && !a->why[0])
		attribution_draw_top(c, in.y + lines + 1, in.x, in.w, a,
				     ui->attributions.method);
	draw_low(c, ui, rect_cut(in, lines + 3, 0, 0, 0), &d->set.p[i]);
}

/* Numbers of a row that have no place elsewhere. */
static void draw_facts(struct canvas *c, const struct ui *ui, int y, int x, int w,
		       const struct prediction *p, const struct attribution *a)
{
	const struct results *d = &inspect_of(ui)->data;
	char text[24];
	int end = x + w;

	if (view_kind(d->kind)->draw_facts)
		x += view_kind(d->kind)->draw_facts(c, d, p, y, x, w);
	if (d->change && d->change[p - d->set.p])
		x += draw_textf(c, y, x, end - x, INK_TEXT, "%s since %s   ",
				d->change[p - d->set.p] == CHANGE_FIXED ? "fixed" : "broken",
				fmt_count(text, d->before_step));
	if (a && a->left_out > 0)
		x += draw_textf(c, y, x, end - x, INK_WARN, "%d tokens were cut off   ",
				a->left_out);
	if (a && !a->is_waiting && !a->why[0] && a->occluded < a->n)
		draw_textf(c, y, x, end - x, INK_DIM, end - x < 32 ? "%d tokens occluded" :
			   "the %d strongest tokens occluded", a->occluded);
}

void inspect_draw_row(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct results *d = &inspect_of(ui)->data;
	struct attribution_key key = inspect_key(ui);
	const struct attribution *a = attribution_find(ui, &key);
	int i = inspect_at(ui), low;
	const struct prediction *p;
	struct rect in, text;
	char said[24];

	if (i < 0)
		return;
	p = &d->set.p[i];
	in = draw_frame(c, ui, r, i);
	low = view_kind(d->kind)->low_lines ? view_kind(d->kind)->low_lines(d, p) : 3;
	low = low > in.h / 3 ? in.h / 3 : low;
	low = low < 3 ? 3 : low;
	text = rect_cut(in, in.h > 14, 0, low + 6, 0);
	draw_texts(c, ui, text, &d->set.row[i], a);
	in.y += in.h - low - 5;
	draw_legend(c, ui, in.y, in.x, in.w, a, said_of(d, p, said));
	for (int m = 0; m < METHODS && a && !a->is_waiting && !a->why[0]; m++)
		attribution_draw_top(c, in.y + 1 + m, in.x, in.w, a, (enum attribution_method)m);
	draw_facts(c, ui, in.y + 3, in.x, in.w, p, a);
	draw_low(c, ui, (struct rect){in.y + 5, in.x, low, in.w}, p);
}
