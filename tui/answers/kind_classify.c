/*
 * kind_classify.c - labels on the screen: hits and misses, confusions, confidence.
 */
#include <math.h>
#include <stdio.h>

#include "ask/ask_classify.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "feed/store_visit.h"
#include "inspect_own.h"
#include "kind_view.h"

enum { NAME_COLS = 11, SAID_FROM = 34 /* columns */ };
/* Labels of a text that was typed: so many, or twice that where there is room. */
enum { LABELS = 6, LABELS_ROOM = 20, TRIED_BAR = 24 };

/* --- a text that was typed --- */

/* The member that follows `last` (NULL: none yet) when the largest comes first, and of
 * equals the one that stands first. */
static const struct json *next_largest(const struct json *p, const struct json *last)
{
	double limit = last ? json_number(last) : INFINITY;
	const struct json *best = NULL;
	bool is_behind = !last;

	for (const struct json *k = json_first(p); k; k = json_next(k)) {
		double v = json_type(k) == JSON_NUMBER ? json_number(k) : NAN;

		if ((v < limit || (v == limit && is_behind)) &&
		    (!best || v > json_number(best)))
			best = k;
		is_behind |= k == last;
	}
	return best;
}

/* "2 more, 0.031 together": those behind `last`. */
static int draw_others(struct canvas *c, struct rect r, int y, const struct json *p,
		       const struct json *last)
{
	double sum = 0;
	int n = 0;

	while ((last = next_largest(p, last))) {
		sum += json_number(last);
		n++;
	}
	if (!n || y >= r.y + r.h)
		return y;
	draw_textf(c, y, r.x + 14, r.w - 14, INK_DIM, "%d more, %.3f together", n, sum);
	return y + 1;
}

static int draw_labels(struct canvas *c, struct rect r, int y, const struct json *p,
		       enum ink ink)
{
	int room = r.y + r.h - y, most = r.h >= LABELS_ROOM ? 2 * LABELS : LABELS;
	int bar = r.w < TRIED_BAR + 35 ? r.w - 35 : TRIED_BAR;
	const struct json *k = NULL, *next = next_largest(p, NULL);

	if (room < most)
		most = room < json_len(p) ? room - 1 : room;
	for (; next && most > 0; most--, y++) {
		double v = json_number(next);

		k = next;
		draw_foreign(c, y, r.x + 14, 12, v >= .5 ? INK_STRONG : INK_DIM,
			     json_key(k));
		draw_bar(c, y, r.x + 27, bar, v, ink);
		draw_textf(c, y, r.x + bar + 29, 6, INK_TEXT, "%.3f", v);
		next = next_largest(p, k);
	}
	return next ? draw_others(c, r, y, p, k) : y;
}

static int draw_tried(struct canvas *c, struct rect r, int y, const struct json *answer,
		      enum ink ink)
{
	const struct json *p = json_get(answer, "p");

	return p && json_type(p) == JSON_OBJECT ? draw_labels(c, r, y, p, ink) : y + 1;
}

/* --- a set of predictions --- */

static int count_classes(const struct results *r)
{
	int n = r->n_names;

	for (int i = 0; i < r->set.n; i++) {
		const struct prediction *p = &r->set.p[i];

		n = label_gold(p) + 1 > n ? label_gold(p) + 1 : n;
		n = label_pred(p) + 1 > n ? label_pred(p) + 1 : n;
		n = label_count(p) > n ? label_count(p) : n;
	}
	return n < RESULT_CLASSES ? n : RESULT_CLASSES;
}

/* Classes by their number of confusions, so that a long matrix starts well. */
static void order_classes(struct results *r)
{
	int n = r->n_classes, *wrong = xcalloc((size_t)n, sizeof *wrong);

	for (int i = 0; i < n; i++) {
		r->class_order[i] = i;
		for (int k = 0; k < n; k++)
			if (k != i)
				wrong[i] += r->matrix[i * n + k] + r->matrix[k * n + i];
	}
	for (int i = 1; n > 12 && i < n; i++)
		for (int k = i; k > 0 && wrong[r->class_order[k]] >
		     wrong[r->class_order[k - 1]]; k--) {
			int swap = r->class_order[k];

			r->class_order[k] = r->class_order[k - 1];
			r->class_order[k - 1] = swap;
		}
	xfree(wrong);
}

static void count(struct results *r)
{
	size_t n;

	r->n_classes = count_classes(r);
	r->n_across = r->n_classes;
	n = (size_t)r->n_classes;
	r->label = xcalloc(n + 1, sizeof *r->label);
	r->matrix = xcalloc(n * n + 1, sizeof *r->matrix);
	r->silent = xcalloc(n + 1, sizeof *r->silent);
	r->class_order = xcalloc(n + 1, sizeof *r->class_order);
	for (int i = 0; i < r->set.n; i++) {
		const struct prediction *p = &r->set.p[i];
		int gold = label_gold(p), pred = label_pred(p);

		if (gold >= 0 && gold < r->n_classes && pred < 0)
			r->silent[gold]++;
		if (gold < 0 || gold >= r->n_classes || pred < 0 || pred >= r->n_classes)
			continue;
		r->matrix[gold * r->n_classes + pred]++;
		if (!r->label[gold] && r->set.row)
			r->label[gold] = r->set.row[i].target;
	}
	for (int i = 0; i < r->n_classes && i < r->n_names; i++)
		r->label[i] = r->name[i];
	order_classes(r);
}

static void load(struct results *r, const struct feed *f, const struct snapshot *s)
{
	r->name = visit_labels(s->run_path, s->ch[r->task].name, &r->n_names, &r->said);
	count(r);
	results_calibrate(&r->set, &r->calibration);
	results_compare(r, f, s->run_path);
}

static bool is_error(const struct prediction *p)
{
	return label_gold(p) != label_pred(p);
}

static bool is_of(const struct prediction *p, int gold, int pred)
{
	return label_gold(p) == gold && label_pred(p) == pred;
}

static bool has_p(const struct prediction *p)
{
	return isfinite(result_confidence(p));
}

static int draw_head(struct canvas *c, const struct results *d, int y, int x, bool wide)
{
	int from = x;

	if (!isfinite(d->calibration.ece))
		return 0;
	x += draw_text(c, y, x + 1, 19, INK_DIM, wide ? "calibration error " : "ECE ") + 1;
	x += draw_textf(c, y, x, 6, INK_TEXT, ".%03d",
			(int)(d->calibration.ece * 1000 + .5)) + 2;
	return x - from;
}

static void draw_no_calibration(struct canvas *c, struct rect r)
{
	static const char *const why[] = {"no probabilities", "were imported"};

	draw_titled_box(c, r, "calibration", NULL);
	for (int i = 0; i < 2 && i < r.h - 2; i++)
		draw_text(c, r.y + 1 + i, r.x + 2, r.w - 4, INK_DIM, why[i]);
}

static void draw_figures(struct canvas *c, const struct ui *ui,
			 const struct inspect_layout *l)
{
	if (!inspect_of(ui)->data.n_classes)
		return;
	inspect_draw_matrix(c, ui, l->matrix);
	if (l->calibration.w && !inspect_of(ui)->data.has_p)
		draw_no_calibration(c, l->calibration);
	else if (l->calibration.w)
		inspect_draw_calibration(c, ui, l->calibration);
}

/* --- the list --- */

static void list_title(const struct results *d, char out[128])
{
	char gold[56], pred[56], text[24];

	if (d->gold >= 0) {
		short_name(gold, sizeof gold, result_label(d, d->gold, text), 16);
		short_name(pred, sizeof pred, result_label(d, d->pred, text), 16);
		str_format(out, 128, "gold %s, predicted %s", gold, pred);
	} else if (d->only_changed && d->change) {
		str_copy(out, 128, "changed: + fixed, - broken");
	} else {
		str_copy(out, 128, d->only_errors ? "errors" : "all rows");
	}
}

static int label_width(bool wide)
{
	return wide ? 11 : 8;
}

static void list_names(const struct results *d, char out[96], bool wide)
{
	int w = label_width(wide);

	str_format(out, 96, "row  %-*s %-*s%s%s", w, "gold", w, "predicted",
		   d->has_p ? " conf" : "", d->has_p && wide ? " margin" : "");
}

/* "0.93"; "-" of a row without probabilities. */
static const char *p_text(char out[64], double p)
{
	str_format(out, 64, isfinite(p) ? "%.2f" : "-", p);
	return out;
}

static int draw_columns(struct canvas *c, const struct results *d,
			const struct prediction *p, int y, int x, bool wide)
{
	int w = label_width(wide);
	char text[64];

	draw_name(c, y, x, w, INK_TEXT, result_label(d, label_gold(p), text));
	x += w + 1;
	draw_name(c, y, x, w, is_error(p) ? INK_BAD : INK_GOOD,
		  result_label(d, label_pred(p), text));
	x += w + 1;
	if (!d->has_p)
		return x + !wide;
	draw_right(c, y, x + 4, 4, INK_TEXT, p_text(text, result_confidence(p)));
	x += 5;
	if (!wide)
		return x;
	draw_right(c, y, x + 6, 6, INK_TEXT, p_text(text, result_margin(p)));
	return x + 7;
}

/* --- one row --- */

/* A loss of what is said is a mean over its pieces. */
static const char *loss_unit(const struct results *d)
{
	return d->said ? " a piece" : "";
}

/* The text that is said for a class, where it is not the class's name; or NULL. */
static const char *said_for(const struct results *d, int class)
{
	return d->said && class >= 0 && class < d->n_names &&
	       !str_eq(d->said[class], d->name[class]) ? d->said[class] : NULL;
}

/* Names get `room` columns each; true: one of them was cut. */
static bool remark(const struct results *d, const struct prediction *p, int room,
		   char out[REMARK])
{
	char gold[120], pred[120], text[24];
	bool is_cut;

	is_cut = short_name(gold, sizeof gold, result_label(d, label_gold(p), text), room);
	is_cut |= short_name(pred, sizeof pred, result_label(d, label_pred(p), text), room);
	if (label_count(p))
		str_format(out, REMARK, "gold %s · predicted %s %.2f · loss %.2f%s", gold,
			   pred, result_confidence(p), p->loss, loss_unit(d));
	else
		str_format(out, REMARK, "gold %s · predicted %s", gold, pred);
	return is_cut;
}

/* Names that had no room in the frame, whole. */
static void draw_names(struct canvas *c, const struct results *d,
		       const struct prediction *p, struct rect r)
{
	char text[24];
	int x = r.x;

	x += draw_text(c, r.y, x, r.w, INK_DIM, "gold ");
	x += draw_foreign(c, r.y, x, r.x + r.w - x, INK_GOOD,
			  result_label(d, label_gold(p), text));
	if (!is_error(p))
		return;
	x += draw_text(c, r.y, x, r.x + r.w - x, INK_DIM, "   predicted ");
	draw_foreign(c, r.y, x, r.x + r.w - x, INK_BAD, result_label(d, label_pred(p), text));
}

static const char *said(const struct results *d, const struct prediction *p, char out[24])
{
	return result_label(d, label_pred(p), out);
}

static int draw_facts(struct canvas *c, const struct results *d,
		      const struct prediction *p, int y, int x, int w)
{
	char text[24];

	if (!label_count(p))
		return 0;
	return draw_textf(c, y, x, w, INK_DIM, "confidence %.3f   margin %.3f   loss %s%s   ",
			  result_confidence(p), result_margin(p), fmt_value(text, p->loss),
			  loss_unit(d));
}

static double gold_p(const struct prediction *p)
{
	return label_p(p, label_gold(p));
}

static bool says_otherwise(const struct results *d)
{
	for (int i = 0; i < d->n_names; i++)
		if (said_for(d, i))
			return true;
	return false;
}

/* "farms": the text whose probability it is. */
static void draw_said(struct canvas *c, int y, int x, int w, const char *text)
{
	char name[200];

	short_name(name, sizeof name, text, w - 2);
	x += draw_text(c, y, x, 1, INK_LINK, "\"");
	x += draw_foreign(c, y, x, w - 2, INK_LINK, name);
	draw_text(c, y, x, 1, INK_LINK, "\"");
}

static void draw_probabilities(struct canvas *c, const struct results *d, struct rect r,
			       const struct prediction *p, enum ink ink)
{
	bool *done = xcalloc((size_t)label_count(p) + 1, sizeof *done);
	int said = r.w < SAID_FROM || !says_otherwise(d) ? 0 : r.w < 50 ? r.w / 4 : r.w / 3;
	int bar = r.w - NAME_COLS - 10 - said;
	char text[64];

	bar = bar > 44 ? 44 : bar;
	for (int k = 0; k < r.h && k < label_count(p); k++) { /* the largest first */
		int best = -1, y = r.y + k;

		for (int i = 0; i < label_count(p); i++)
			if (!done[i] && (best < 0 || label_p(p, i) > label_p(p, best)))
				best = i;
		done[best] = true;
		draw_name(c, y, r.x, NAME_COLS, best == label_gold(p) ? INK_STRONG : INK_DIM,
			  result_label(d, best, text));
		draw_bar(c, y, r.x + NAME_COLS + 1, bar, label_p(p, best), ink);
		snprintf(text, sizeof text, "%.3f", label_p(p, best));
		draw_text(c, y, r.x + NAME_COLS + 2 + bar, 6, INK_TEXT, text);
		if (best == label_gold(p))
			draw_text(c, y, r.x + NAME_COLS + 8 + bar, 1, INK_GOOD, "*");
		if (said && said_for(d, best))
			draw_said(c, y, r.x + NAME_COLS + 10 + bar, said, said_for(d, best));
	}
	xfree(done);
}

static int low_lines(const struct results *d, const struct prediction *p)
{
	(void)p;
	return d->n_classes;
}

static void draw_low(struct canvas *c, const struct results *d,
		     const struct prediction *p, struct rect r, enum ink ink)
{
	if (!label_count(p)) {
		draw_text(c, r.y, r.x, r.w, INK_DIM, label_pred(p) < 0 ? "no answer" :
			  "no probabilities were imported");
		return;
	}
	draw_probabilities(c, d, (struct rect){r.y, r.x, r.h, r.w / 2 - 2}, p, ink);
	inspect_draw_past(c, d, (struct rect){r.y, r.x + r.w / 2 + 1, r.h,
					      r.w - r.w / 2 - 1});
}

static void put_row(struct json_out *j, const struct results *d,
		    const struct prediction *p)
{
	char text[24];

	json_put_str(j, "gold", result_label(d, label_gold(p), text));
	json_put_str(j, "predicted", result_label(d, label_pred(p), text));
	if (!label_count(p))
		return;
	json_put_num(j, "confidence", result_confidence(p));
	json_put_num(j, "margin", result_margin(p));
	json_open(j, "p", '{');
	for (int k = 0; k < label_count(p); k++)
		json_put_num(j, result_label(d, k, text), label_p(p, k));
	json_close(j, '}');
	if (said_for(d, label_pred(p)))
		json_put_str(j, "said", said_for(d, label_pred(p)));
}

const struct view_kind view_kind_classify = {
	.view = VIEW_INSPECT,
	.draw_tried = draw_tried,
	.load = load,
	.is_error = is_error,
	.is_of = is_of,
	.has_p = has_p,
	.margin = result_margin,
	.confidence = result_confidence,
	.confidence_name = "confidence",
	.draw_head = draw_head,
	.draw_figures = draw_figures,
	.list_title = list_title,
	.list_names = list_names,
	.draw_columns = draw_columns,
	.remark = remark,
	.draw_names = draw_names,
	.said = said,
	.draw_facts = draw_facts,
	.low_lines = low_lines,
	.draw_low = draw_low,
	.past_value = gold_p,
	.past_name = "p(gold)  ",
	.put_row = put_row,
};
