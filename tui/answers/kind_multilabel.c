/*
 * kind_multilabel.c - sets of labels on the screen: which label is missed, which one is
 * said too often. What stands in the boxes over the list is inspect_labels.c.
 */
#include <math.h>
#include <stdio.h>

#include "ask/ask_multilabel.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "feed/store_visit.h"
#include "inspect_own.h"
#include "kind_view.h"

enum { NAME_COLS = 16, SET_COLS = 11, SET_WIDE = 18, SET_BYTES = 200 };
/* Labels of a text that was typed: so many, or twice that where there is room. */
enum { TRIED = 6, TRIED_ROOM = 20, TRIED_BAR = 24, TRIED_NAME = 12 };

/* --- a text that was typed --- */

static bool is_listed(const struct json *labels, const char *name)
{
	for (const struct json *n = json_first(labels); n; n = json_next(n))
		if (json_type(n) == JSON_STRING && str_eq(json_string(n), name))
			return true;
	return false;
}

/* The member with the largest number that is not done yet, the first of equals. */
static int largest(const struct json *p, const bool *done, const struct json **out)
{
	int best = -1, i = 0;

	for (const struct json *n = json_first(p); n; n = json_next(n), i++)
		if (!done[i] && json_type(n) == JSON_NUMBER &&
		    (best < 0 || json_number(n) > json_number(*out))) {
			best = i;
			*out = n;
		}
	return best;
}

static int draw_tried_labels(struct canvas *c, struct rect r, int y, const struct json *p,
			     const struct json *said, enum ink ink)
{
	int bar = r.w < TRIED_BAR + 35 ? r.w - 35 : TRIED_BAR, at;
	bool *done = xcalloc((size_t)json_len(p) + 1, sizeof *done);
	int all = json_len(p), most = r.h >= TRIED_ROOM ? 2 * TRIED : TRIED, shown = 0;
	const struct json *n = NULL;

	most = r.y + r.h - y < most ? r.y + r.h - y : most;
	most -= most < all && most == r.y + r.h - y; /* a line for the others */
	while (shown < most && (at = largest(p, done, &n)) >= 0) {
		bool is_said = is_listed(said, json_key(n));

		done[at] = true;
		draw_foreign(c, y, r.x + 14, TRIED_NAME, is_said ? INK_STRONG : INK_DIM,
			     json_key(n));
		draw_bar(c, y, r.x + 27, bar, json_number(n), ink);
		draw_textf(c, y, r.x + bar + 29, 6, is_said ? INK_TEXT : INK_DIM, "%.3f",
			   json_number(n));
		y++;
		shown++;
	}
	xfree(done);
	if (shown < all && y < r.y + r.h)
		draw_textf(c, y++, r.x + 14, r.w - 14, INK_DIM, "%d more, each less likely",
			   all - shown);
	return y;
}

static int draw_tried(struct canvas *c, struct rect r, int y, const struct json *answer,
		      enum ink ink)
{
	const struct json *p = json_get(answer, "p"), *said = json_get(answer, "labels");
	bool has_both = p && said && json_type(p) == JSON_OBJECT &&
			json_type(said) == JSON_ARRAY;

	return has_both ? draw_tried_labels(c, r, y, p, said, ink) : y + 1;
}

/* --- a set of predictions --- */

static bool is_error(const struct prediction *p)
{
	return !set_is_right(p);
}

static int label_count_of(const struct results *r)
{
	int n = r->n_names;

	for (int i = 0; i < r->set.n; i++)
		n = set_p_count(&r->set.p[i]) > n ? set_p_count(&r->set.p[i]) : n;
	return n < RESULT_CLASSES ? n : RESULT_CLASSES;
}

static void count_row(struct results *r, const struct prediction *p)
{
	int both = set_both(p), gold = set_gold_count(p), pred = set_pred_count(p);

	for (int i = 0; i < gold; i++)
		if (set_gold(p, i) < r->n_classes) {
			r->tally[set_gold(p, i)].gold++;
			r->tally[set_gold(p, i)].both += set_has_pred(p, set_gold(p, i));
		}
	for (int i = 0; i < pred; i++)
		if (set_pred(p, i) < r->n_classes)
			r->tally[set_pred(p, i)].pred++;
	r->n_missed += both < gold;
	r->n_extra += both < pred;
	r->n_both += both < gold && both < pred;
}

/* Labels by their errors, so that a long list starts well. */
static void order_labels(struct results *r)
{
	for (int i = 0; i < r->n_classes; i++) {
		int k = i;

		for (; k && results_wrong(r, r->class_order[k - 1]) < results_wrong(r, i); k--)
			r->class_order[k] = r->class_order[k - 1];
		r->class_order[k] = i;
	}
}

static void load(struct results *r, const struct feed *f, const struct snapshot *s)
{
	size_t n;

	r->name = visit_labels(s->run_path, s->ch[r->task].name, &r->n_names, &r->said);
	r->n_classes = label_count_of(r);
	r->n_across = SET_CELLS;
	n = (size_t)r->n_classes + 1;
	r->label = xcalloc(n, sizeof *r->label);
	r->tally = xcalloc(n, sizeof *r->tally);
	r->class_order = xcalloc(n, sizeof *r->class_order);
	for (int i = 0; i < r->n_classes && i < r->n_names; i++)
		r->label[i] = r->name[i];
	for (int i = 0; i < r->set.n; i++)
		count_row(r, &r->set.p[i]);
	order_labels(r);
	results_compare(r, f, s->run_path);
}

static bool is_of(const struct prediction *p, int label, int cell)
{
	bool gold = set_has_gold(p, label), pred = set_has_pred(p, label);

	return cell == SET_HIT ? gold && pred : cell == SET_MISSED ? gold && !pred :
							       pred && !gold;
}

/* Labels that are missed, and those that are said without being right. */
static double wrong_labels(const struct prediction *p)
{
	int both = set_both(p), gold = set_gold_count(p), pred = set_pred_count(p);

	return (gold > 0 ? gold - both : 0) + (pred > 0 ? pred - both : 0);
}

static bool has_p(const struct prediction *p)
{
	return set_p_count(p) > 0;
}

/* The least distance of a probability from the threshold. */
static double margin(const struct prediction *p)
{
	double least = NAN;

	for (int k = 0; k < set_p_count(p); k++)
		least = fmin(least, fabs(set_p(p, k) - set_threshold(p)));
	return least;
}

static int draw_head(struct canvas *c, const struct results *d, int y, int x, bool wide)
{
	double threshold = d->set.n ? set_threshold(&d->set.p[0]) : NAN;
	int from = x;

	if (!isfinite(threshold))
		return 0;
	x += draw_text(c, y, x + 1, 12, INK_DIM, wide ? "threshold " : "thr ") + 1;
	x += draw_textf(c, y, x, 6, INK_TEXT, "%.3g", threshold) + 2;
	return x - from;
}

static void draw_figures(struct canvas *c, const struct ui *ui,
			 const struct inspect_layout *l)
{
	if (!inspect_of(ui)->data.n_classes)
		return;
	inspect_draw_labels(c, ui, l->matrix);
	if (l->calibration.w)
		inspect_draw_sets(c, ui, l->calibration);
}

/* --- the list --- */

/* "billing, hardware"; "-" of the empty set, "(none)" where nothing was said. */
static const char *set_words(const struct results *d, const struct prediction *p, int n,
			     int (*at)(const struct prediction *p, int i), char out[SET_BYTES])
{
	struct buf b;
	char text[24];

	buf_init(&b);
	for (int i = 0; i < n; i++)
		buf_addf(&b, "%s%s", i ? ", " : "", result_label(d, at(p, i), text));
	str_copy(out, SET_BYTES, n < 0 ? "(none)" : n ? buf_str(&b) : "-");
	buf_release(&b);
	return out;
}

static const char *gold_words(const struct results *d, const struct prediction *p,
			      char out[SET_BYTES])
{
	return set_words(d, p, set_gold_count(p), set_gold, out);
}

static const char *pred_words(const struct results *d, const struct prediction *p,
			      char out[SET_BYTES])
{
	return set_words(d, p, set_pred_count(p), set_pred, out);
}

static void list_title(const struct results *d, char out[128])
{
	char name[56], text[24];

	if (d->gold >= 0) {
		short_name(name, sizeof name, result_label(d, d->gold, text), 24);
		str_format(out, 128, "%s %s", name, set_cell_name(d->pred));
	} else if (d->only_changed && d->change) {
		str_copy(out, 128, "changed: + fixed, - broken");
	} else {
		str_copy(out, 128, d->only_errors ? "errors" : "all rows");
	}
}

static int set_width(bool wide)
{
	return wide ? SET_WIDE : SET_COLS;
}

static void list_names(const struct results *d, char out[96], bool wide)
{
	int w = set_width(wide);

	(void)d;
	str_format(out, 96, "row  %-*s %-*s wrong", w, "gold", w, "predicted");
}

static int draw_columns(struct canvas *c, const struct results *d,
			const struct prediction *p, int y, int x, bool wide)
{
	int w = set_width(wide);
	char text[SET_BYTES];

	draw_name(c, y, x, w, INK_TEXT, gold_words(d, p, text));
	x += w + 1;
	draw_name(c, y, x, w, is_error(p) ? INK_BAD : INK_GOOD, pred_words(d, p, text));
	x += w + 1;
	str_format(text, sizeof text, "%.0f", wrong_labels(p));
	draw_right(c, y, x + 5, 5, is_error(p) ? INK_BAD : INK_DIM, text);
	return x + 6;
}

/* --- one row --- */

static bool remark(const struct results *d, const struct prediction *p, int room,
		   char out[REMARK])
{
	char gold[120], pred[120], text[SET_BYTES];
	bool is_cut;

	is_cut = short_name(gold, sizeof gold, gold_words(d, p, text), room);
	is_cut |= short_name(pred, sizeof pred, pred_words(d, p, text), room);
	if (set_p_count(p))
		str_format(out, REMARK, "gold %s · predicted %s · loss %.2f", gold, pred,
			   p->loss);
	else
		str_format(out, REMARK, "gold %s · predicted %s", gold, pred);
	return is_cut;
}

/* Names that had no room in the frame, whole. */
static void draw_names(struct canvas *c, const struct results *d,
		       const struct prediction *p, struct rect r)
{
	char text[SET_BYTES];
	int x = r.x;

	x += draw_text(c, r.y, x, r.w, INK_DIM, "gold ");
	x += draw_foreign(c, r.y, x, r.x + r.w - x, INK_GOOD, gold_words(d, p, text));
	if (!is_error(p))
		return;
	x += draw_text(c, r.y, x, r.x + r.w - x, INK_DIM, "   predicted ");
	draw_foreign(c, r.y, x, r.x + r.w - x, INK_BAD, pred_words(d, p, text));
}

static int draw_facts(struct canvas *c, const struct results *d,
		      const struct prediction *p, int y, int x, int w)
{
	char text[24];

	(void)d;
	if (!set_p_count(p))
		return 0;
	return draw_textf(c, y, x, w, INK_DIM, "threshold %.3g   nearest to it %.3f   "
			  "loss %s   ", set_threshold(p), margin(p),
			  fmt_value(text, p->loss));
}

/* 2 both / (gold + said); of two empty sets 1. */
static double row_f1(const struct prediction *p)
{
	int all = set_gold_count(p) + set_pred_count(p);

	return all > 0 ? 2.0 * set_both(p) / all : set_is_right(p);
}

/* The largest first; * stands where the label is right, ink where it was said. */
static void draw_probabilities(struct canvas *c, const struct results *d, struct rect r,
			       const struct prediction *p, enum ink ink)
{
	bool *done = xcalloc((size_t)set_p_count(p) + 1, sizeof *done);
	int bar = r.w - NAME_COLS - 10;
	char text[64];

	bar = bar > 44 ? 44 : bar;
	for (int k = 0; k < r.h && k < set_p_count(p); k++) {
		int best = -1, y = r.y + k;
		bool gold, said;

		for (int i = 0; i < set_p_count(p); i++)
			if (!done[i] && (best < 0 || set_p(p, i) > set_p(p, best)))
				best = i;
		done[best] = true;
		gold = set_has_gold(p, best);
		said = set_has_pred(p, best);
		draw_name(c, y, r.x, NAME_COLS, said ? INK_STRONG : INK_DIM,
			  result_label(d, best, text));
		draw_bar(c, y, r.x + NAME_COLS + 1, bar, set_p(p, best), ink);
		snprintf(text, sizeof text, "%.3f", set_p(p, best));
		draw_text(c, y, r.x + NAME_COLS + 2 + bar, 6, said == gold ? INK_TEXT : INK_BAD,
			  text);
		if (gold)
			draw_text(c, y, r.x + NAME_COLS + 8 + bar, 1, INK_GOOD, "*");
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
	if (!set_p_count(p)) {
		draw_text(c, r.y, r.x, r.w, INK_DIM, set_pred_count(p) < 0 ? "no answer" :
			  "no probabilities were imported");
		return;
	}
	draw_probabilities(c, d, (struct rect){r.y, r.x, r.h, r.w / 2 - 2}, p, ink);
	inspect_draw_past(c, d, (struct rect){r.y, r.x + r.w / 2 + 1, r.h,
					      r.w - r.w / 2 - 1});
}

static void put_set(struct json_out *j, const char *key, const struct results *d,
		    const struct prediction *p, int n,
		    int (*at)(const struct prediction *p, int i))
{
	char text[24];

	json_open(j, key, '[');
	for (int i = 0; i < n; i++)
		json_put_str(j, NULL, result_label(d, at(p, i), text));
	json_close(j, ']');
}

static void put_row(struct json_out *j, const struct results *d,
		    const struct prediction *p)
{
	char text[24];

	put_set(j, "gold", d, p, set_gold_count(p), set_gold);
	put_set(j, "predicted", d, p, set_pred_count(p), set_pred);
	if (!set_p_count(p))
		return;
	json_put_num(j, "threshold", set_threshold(p));
	json_open(j, "p", '{');
	for (int k = 0; k < set_p_count(p); k++)
		json_put_num(j, result_label(d, k, text), set_p(p, k));
	json_close(j, '}');
}

const struct view_kind view_kind_multilabel = {
	.view = VIEW_INSPECT,
	.draw_tried = draw_tried,
	.load = load,
	.is_error = is_error,
	.is_of = is_of,
	.has_p = has_p,
	.margin = margin,
	.confidence = wrong_labels,
	.confidence_name = "labels wrong",
	.draw_head = draw_head,
	.draw_figures = draw_figures,
	.list_title = list_title,
	.list_names = list_names,
	.draw_columns = draw_columns,
	.remark = remark,
	.draw_names = draw_names,
	.draw_facts = draw_facts,
	.low_lines = low_lines,
	.draw_low = draw_low,
	.past_value = row_f1,
	.past_name = "F1 of the row  ",
	.put_row = put_row,
};
