/*
 * view_summaries.c - one summary at a time: the source, the reference, what the
 * model wrote, what it copied, and how that changed over the evaluations.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "keys.h"
#include "metric/rouge.h"
#include "ui.h"
#include "words.h"

/* What one example comes to; made for a drawing, gone after it. */
struct example_view {
	const struct prediction *p;
	const struct dev_row *row;
	struct word *source, *reference, *output;
	int n_source, n_reference, n_output, spans;
	struct rouge rouge;
};

static void example_read(struct example_view *e, const struct results *d, int i)
{
	struct rouge_scorer *rs = rouge_scorer_new();

	e->p = &d->set.p[i];
	e->row = &d->set.row[i];
	e->source = words_cut(e->row->text, &e->n_source);
	e->reference = words_cut(e->row->target, &e->n_reference);
	e->output = words_cut(e->p->output, &e->n_output);
	e->spans = words_compare(e->source, e->n_source, e->output, e->n_output);
	rouge_score(rs, e->row->target ? e->row->target : "",
		    e->p->output ? e->p->output : "", &e->rouge);
	rouge_scorer_free(rs);
}

static void example_release(struct example_view *e)
{
	xfree(e->source);
	xfree(e->reference);
	xfree(e->output);
}

static void draw_head(struct canvas *c, const struct ui *ui, struct rect r)
{
	const struct reading *re = &ui->reading;
	const struct channel *ch = &ui->pic->ch[re->task];
	char number[24];
	int x = r.x + 1;

	c->flags = CELL_BOLD;
	x += draw_foreign(c, r.y, x, 20, ink_channel(re->task), ch->name) + 2;
	c->flags = 0;
	x += draw_textf(c, r.y, x, 20, INK_TEXT, "dev %d", re->data.set.n) + 3;
	x += draw_textf(c, r.y, x, 6, INK_DIM, "%s ", metric_table[ch->metric].brief);
	c->flags = CELL_BOLD;
	x += draw_text(c, r.y, x, 6, INK_STRONG, fmt_metric(number, ch->dev)) + 2;
	c->flags = 0;
	x += draw_textf(c, r.y, x, 14, INK_DIM, "baseline %s",
			fmt_metric(number, ch->baseline)) + 3;
	x += draw_text(c, r.y, x, 8, INK_DIM, "example ");
	c->flags = CELL_BOLD;
	x += draw_textf(c, r.y, x, 8, INK_STRONG, "%d", re->at + 1);
	c->flags = 0;
	x += draw_textf(c, r.y, x, 40, INK_DIM, " of %d by %s", re->data.n_order,
			sort_name(re->data.sort)) + 3;
	if (x + 26 < r.x + r.w && re->data.set.step >= 0)
		draw_textf(c, r.y, x, 30, INK_DIM, "evaluated at %s",
			   fmt_count(number, re->data.set.step));
}

static void draw_text_box(struct canvas *c, struct rect r, const char *title,
			  const struct word *w, int n, int skip, bool speakers)
{
	struct rect in = rect_cut(r, 1, 2, 1, 2);
	char remark[32];

	if (r.h < 3)
		return;
	str_format(remark, sizeof remark, "%d words", n);
	draw_titled_box(c, r, title, remark);
	words_draw(c, in, w, n, skip, speakers);
}

/* --- figures --- */

static void rouge_line(struct canvas *c, int y, int x, const char *name,
		       const struct rouge_score *s)
{
	char number[24];

	draw_text(c, y, x, 8, INK_TEXT, name);
	draw_right(c, y, x + 16, 6, INK_TEXT, fmt_metric(number, s->precision));
	draw_right(c, y, x + 24, 6, INK_TEXT, fmt_metric(number, s->recall));
	c->flags = CELL_BOLD;
	draw_right(c, y, x + 32, 6, INK_STRONG, fmt_metric(number, s->f1));
	c->flags = 0;
}

/* Words in spans, the longest span, and words that are new, of the output. */
static void draw_copying(struct canvas *c, struct rect r, const struct example_view *e)
{
	int copied = 0, longest = 0, run = 0, novel = 0,
	    n = e->n_output ? e->n_output : 1;
	int x = r.x;

	for (int i = 0; i < e->n_output; i++) {
		const struct word *w = &e->output[i];

		run = w->span && i && w[-1].span == w->span ? run + 1 : w->span > 0;
		longest = run > longest ? run : longest;
		copied += w->span > 0;
		novel += w->is_novel;
	}
	x += draw_text(c, r.y, x, r.x + r.w - x, INK_DIM, "copied ");
	x += draw_textf(c, r.y, x, 5, INK_TEXT, "%d%%", 100 * copied / n) + 2;
	x += draw_text(c, r.y, x, r.x + r.w - x, INK_DIM, "longest ");
	x += draw_textf(c, r.y, x, 5, INK_TEXT, "%d", longest) + 2;
	x += draw_text(c, r.y, x, r.x + r.w - x, INK_DIM, "novel ");
	draw_textf(c, r.y, x, 5, INK_TEXT, "%d%%", 100 * novel / n);
}

static void draw_rouge(struct canvas *c, struct rect r, const struct example_view *e)
{
	bool boxed = r.h >= 7;
	int y = r.y + boxed, x = r.x + (boxed ? 3 : 1);

	if (boxed)
		draw_titled_box(c, r, "ROUGE", r.w > 60 ? "stemmed, x 100" : NULL);
	draw_text(c, y, x, 34, INK_DIM, boxed ? "              P       R      F1" :
		  "ROUGE         P       R      F1");
	rouge_line(c, y + 1, x, "ROUGE-1", &e->rouge.r1);
	rouge_line(c, y + 2, x, "ROUGE-2", &e->rouge.r2);
	rouge_line(c, y + 3, x, "ROUGE-L", &e->rouge.rl);
	if (r.h >= 5)
		draw_copying(
			c, (struct rect){y + 4 + (r.h >= 8), x, 1, r.w - (x - r.x) - 1},
			e);
}

static void draw_history(struct canvas *c, struct rect r, const struct results *d)
{
	bool boxed = r.h >= 7;
	struct rect in = boxed ? rect_cut(r, 1, 2, 1, 2) : rect_cut(r, 1, 1, 0, 1);
	int n = d->past.n, from = n > in.h ? n - in.h : 0;
	char number[24];

	if (boxed)
		draw_titled_box(c, r, "this example over time", NULL);
	else
		draw_text(c, r.y, r.x + 1, r.w - 1, INK_DIM, "this example over time");
	for (int i = from; i < n; i++) {
		const struct prediction *p = &d->past.p[i];
		int y = in.y + i - from;

		draw_right(c, y, in.x + 7, 7, i == n - 1 ? INK_TEXT : INK_DIM,
			   fmt_count(number, d->past_step[i]));
		draw_right(c, y, in.x + 13, 5, p->rouge[0] >= .4 ? INK_GOOD :
			   p->rouge[0] >= .2 ? INK_WARN : INK_BAD,
			   fmt_metric(number, p->rouge[0]));
		draw_foreign(c, y, in.x + 15, in.w - 15,
			     i == n - 1 ? INK_TEXT : INK_DIM,
			     p->output ? p->output : "");
	}
}

/* Per piece: the model's certainty, and how much of it was copied. */
static void draw_pieces(struct canvas *c, struct rect in, const struct json *pieces)
{
	int x = in.x + 6;

	draw_text(c, in.y + 1, in.x, 5, INK_DIM, "p");
	draw_text(c, in.y + 2, in.x, 5, INK_DIM, "copy");
	for (const struct json *p = json_first(pieces); p; p = json_next(p)) {
		const struct json *text = json_first(p);
		const struct json *prob = text ? json_next(text) : NULL;
		const struct json *gate = prob ? json_next(prob) : NULL;
		double v, g;
		char number[24];
		int w;

		if (!gate || json_type(text) != JSON_STRING)
			break;
		v = json_number(prob);
		g = json_type(gate) == JSON_NUMBER ? json_number(gate) : NAN;
		w = foreign_columns(json_string(text), strlen(json_string(text)));
		w = w < 4 ? 4 : w > 10 ? 10 : w;
		if (x + w > in.x + in.w)
			break;
		draw_foreign(c, in.y, x, w, INK_TEXT, json_string(text));
		snprintf(number, sizeof number, "%.2f", v);
		draw_text(c, in.y + 1, x, w,
			  v >= .6 ? INK_GOOD :
			  v >= .3 ? INK_WARN :
				    INK_BAD,
			  number);
		if (isfinite(g))
			draw_bar(c, in.y + 2, x, 4, g, INK_MARK);
		if (in.h >= 4 && isfinite(g)) {
			snprintf(number, sizeof number, "%.2f", g);
			draw_text(c, in.y + 3, x, w, INK_DIM, number);
		}
		x += w + 1;
	}
}

static void draw_words(struct canvas *c, struct rect r, const struct prediction *p)
{
	struct json *doc = NULL;
	const struct json *pieces;

	if (r.h < 5 || !p->detail)
		return;
	draw_titled_box(c, r, "piece by piece", NULL);
	if (json_parse(p->detail, strlen(p->detail), "detail", &doc, NULL) != ST_OK)
		return;
	pieces = json_type(doc) == JSON_OBJECT ? json_get(doc, "pieces") : NULL;
	if (pieces && json_type(pieces) == JSON_ARRAY)
		draw_pieces(c, rect_cut(r, 1, 2, 1, 2), pieces);
	json_free(doc);
}

void view_summaries_draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct reading *re = &ui->reading;
	const struct results *d = &re->data;
	struct summary_layout l;
	struct example_view e = {0};
	char title[64], number[24];

	layout_summary(body, &l);
	if (re->task < 0 || !d->n_order) {
		const char *why =
			re->task < 0 ? "no task that summarizes here" : d->trouble;

		if (re->task >= 0)
			draw_head(c, ui, l.head);
		draw_foreign(c, body.y + body.h / 2, body.x + 2, body.w - 2, INK_DIM,
			     why);
		return;
	}
	draw_head(c, ui, l.head);
	example_read(&e, d, d->order[re->at]);
	str_format(title, sizeof title, "Tutti at %s", fmt_count(number, d->set.step));
	draw_text_box(c, l.source, "source", e.source, e.n_source, re->scroll, true);
	draw_text_box(c, l.reference, "reference", e.reference, e.n_reference, 0,
		      false);
	draw_text_box(c, l.output, title, e.output, e.n_output, 0, false);
	draw_words(c, l.words, e.p);
	draw_rouge(c, l.rouge, &e);
	draw_history(c, l.history, d);
	example_release(&e);
}

static void next_task(struct ui *ui, int dir)
{
	int n = ui->pic->n_channels, t = ui->reading.task;

	if (t < 0)
		return;
	for (int k = 0; k < n; k++) {
		t = (t + dir + n) % n;
		if (ui->pic->ch[t].kind == TASK_SUMMARIZE)
			break;
	}
	ui->reading.task = t;
	ui->reading.at = ui->reading.scroll = 0;
}

void view_summaries_recalc(struct ui *ui)
{
	struct reading *re = &ui->reading;

	re->task = ui_first_task(ui, true, re->task);
	results_load(&re->data, &ui->feed, ui->pic, re->task);
	if (re->at >= re->data.n_order)
		re->at = re->data.n_order ? re->data.n_order - 1 : 0;
	if (re->data.n_order)
		results_history(&re->data, &ui->feed, ui->pic->run_path,
				re->data.order[re->at]);
}

bool view_summaries_act(struct ui *ui, int action, int arg)
{
	struct reading *re = &ui->reading;
	int n = re->data.n_order;

	switch ((enum action)action) {
	case DO_EXAMPLE: re->at += arg; re->scroll = 0; break;
	case DO_PAGE: re->at += 10 * arg; re->scroll = 0; break;
	case DO_END: re->at = arg < 0 ? 0 : n; break;
	case DO_SCROLL: re->scroll += arg; break;
	case DO_SORT:
		re->data.sort = re->data.sort == SORT_ROUGE ? SORT_LOSS :
				re->data.sort == SORT_LOSS ? SORT_ROW : SORT_ROUGE;
		results_arrange(&re->data);
		re->at = 0;
		break;
	case DO_TASK: next_task(ui, arg); break;
	default: return false;
	}
	re->at = re->at >= n ? n - 1 : re->at;
	re->at = re->at < 0 ? 0 : re->at;
	re->scroll = re->scroll < 0 ? 0 : re->scroll > 999 ? 999 : re->scroll;
	return true;
}
