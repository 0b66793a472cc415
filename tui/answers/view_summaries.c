/*
 * view_summaries.c - one summary at a time: the source, the reference, what the
 * model wrote, what it copied and where it looked, and how that changed.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ask/ask_summarize.h"
#include "base/mem.h"
#include "base/str.h"
#include "kind_view.h"
#include "summaries_own.h"
#include "text/parts.h"
#include "ui/keys.h"
#include "ui/models.h"

/* What one example comes to; made for a drawing, gone after it. */
struct example_view {
	const struct prediction *p, *was;
	const struct dev_row *row;
	const struct example_figures *figures;
	struct word *source, *reference, *output, *changes;
	int n_source, n_reference, n_output, n_changes;
	int spans, novel, matched, added, removed;
	struct pieces pieces;
	struct rouge was_rouge;
};

/* --- reading --- */

/* The turns of a dialogue on lines of their own, where the data lost them. */
static void break_turns(struct word *w, int n, const char *text)
{
	enum { TURNS = 512 };
	struct text_part *part;
	int turns, k = 0;

	for (int i = 0; i < n; i++)
		if (w[i].starts_line)
			return;
	part = xcalloc(TURNS, sizeof *part);
	turns = n ? text_turns(text, strlen(text), part, TURNS) : 0;
	for (int i = 0; i < n && k < turns; i++) {
		while (k < turns && part[k].s < w[i].s)
			k++;
		w[i].starts_line = i > 0 && k < turns && part[k].s == w[i].s;
	}
	xfree(part);
}

static void forget_spans(struct word *w, int n)
{
	for (int i = 0; i < n; i++)
		w[i].span = 0;
}

static void mark_kept(struct example_view *e, const struct summaries_view *v)
{
	summaries_keeps(v)->mark_kept(e->p, &(struct kept_texts){
		.source_text = e->row->text ? e->row->text : "",
		.source = e->source, .reference = e->reference, .output = e->output,
		.n_source = e->n_source, .n_reference = e->n_reference,
		.n_output = e->n_output });
}

static void mark_words(struct example_view *e, const struct summaries_view *v)
{
	enum summaries_mode mode = v->shows_change ? READ_PLAIN : v->mode;

	if (mode == READ_COPIED && summaries_keeps(v))
		mark_kept(e, v);
	else if (mode == READ_COPIED || mode == READ_NOVEL)
		e->spans = words_compare(e->source, e->n_source, e->output, e->n_output);
	if (mode == READ_MATCHED)
		e->matched = words_match(e->reference, e->n_reference, e->output,
					 e->n_output);
	for (int i = 0; i < e->n_output; i++)
		e->novel += e->output[i].is_novel;
	if (mode == READ_NOVEL || v->token >= 0) {
		forget_spans(e->source, e->n_source);
		forget_spans(e->output, e->n_output);
	}
	pieces_mark(&e->pieces, v->token, e->source, e->n_source, e->output,
		    e->n_output);
}

/* The output of before against that of now. */
static void read_changes(struct example_view *e, const struct summaries_view *v)
{
	struct word *was;
	int n;

	was = words_cut(e->was->text, &n);
	e->changes = words_diff(was, n, e->output, e->n_output, &e->n_changes);
	for (int i = 0; i < e->n_changes; i++) {
		e->added += e->changes[i].look == LOOK_ADDED;
		e->removed += e->changes[i].look == LOOK_REMOVED;
	}
	summaries_rouge(v, e->was, e->row->target, &e->was_rouge);
	xfree(was);
}

static void example_read(struct example_view *e, const struct summaries_view *v, int i)
{
	struct placed_text source, output;

	memset(e, 0, sizeof *e);
	e->p = &v->data.set.p[i];
	e->row = &v->data.set.row[i];
	e->figures = &v->figure[i];
	e->source = words_cut(e->row->text, &e->n_source);
	e->reference = words_cut(e->row->target, &e->n_reference);
	e->output = words_cut(e->p->text, &e->n_output);
	source = (struct placed_text){e->row->text ? e->row->text : "", e->source,
				      e->n_source};
	output = (struct placed_text){e->p->text ? e->p->text : "",
				      summaries_keeps(v) ? NULL : e->output, e->n_output};
	pieces_read(&e->pieces, e->p->detail, v->pieces, &source, &output);
	e->pieces.is_units = summaries_keeps(v) != NULL;
	break_turns(e->source, e->n_source, source.text);
	mark_words(e, v);
	e->was = summaries_before(v);
	if (v->shows_change && e->was)
		read_changes(e, v);
}

static void example_release(struct example_view *e)
{
	pieces_release(&e->pieces);
	xfree(e->source);
	xfree(e->reference);
	xfree(e->output);
	xfree(e->changes);
}

/* --- the head --- */

static int draw_number(struct canvas *c, int y, int x, const char *name,
		       enum metric_id m, double v, enum ink ink)
{
	char number[24];
	int used = draw_text(c, y, x, 12, INK_DIM, name) + 1;

	c->flags = ink == INK_STRONG ? CELL_BOLD : 0;
	used += draw_text(c, y, x + used, 6, ink, fmt_score(number, m, v));
	c->flags = 0;
	return used;
}

/* The means that the channel's one metric leaves out. */
static int draw_more_means(struct canvas *c, const struct summaries_means *m, int y, int x)
{
	int from = x;

	if (!m->n)
		return 0;
	x += draw_number(c, y, x, "2", METRIC_ROUGE2, m->rouge.r2.f1, INK_TEXT) + 2;
	x += draw_number(c, y, x, "L", METRIC_ROUGEL, m->rouge.rl.f1, INK_TEXT) + 3;
	x += draw_text(c, y, x, 6, INK_DIM, "novel ");
	x += draw_textf(c, y, x, 5, INK_TEXT, "%.0f%%", 100 * m->novel[0]) + 3;
	x += draw_text(c, y, x, 7, INK_DIM, "length ");
	x += draw_textf(c, y, x, 6, INK_TEXT, "%.2f×", m->ratio) + 4;
	return x - from;
}

/* Where in the list, and how the list was made. */
static int draw_place(struct canvas *c, const struct summaries_view *v, struct rect r, int x)
{
	int end = r.x + r.w;

	c->flags = CELL_BOLD;
	x += draw_textf(c, r.y, x, end - x, INK_STRONG, "%d",
			v->n_order ? v->at + 1 : 0);
	c->flags = 0;
	x += draw_textf(c, r.y, x, end - x, INK_DIM, " of %d by %s", v->n_order,
			summaries_sort_name(v->sort)) + 3;
	if (v->only != ONLY_ALL)
		x += draw_text(c, r.y, x, end - x, INK_WARN, summaries_only_name(v->only)) +
		     3;
	if (v->measured < v->data.set.n)
		x += draw_textf(c, r.y, x, end - x, INK_MARK, "measured %d of %d",
				v->measured, v->data.set.n) + 3;
	return x;
}

static void draw_head(struct canvas *c, const struct ui *ui, struct rect r, bool wide)
{
	const struct summaries_view *v = summaries_of(ui);
	const struct channel *ch = &ui->pic->ch[v->task];
	int x = r.x + 1;
	char number[24];

	c->flags = CELL_BOLD;
	x += draw_foreign(c, r.y, x, wide ? 20 : 12, ink_channel(v->task), ch->name);
	c->flags = 0;
	if (ui->pic->is_imported)
		x += draw_text(c, r.y, x, 20, INK_DIM, " imported");
	else if (v->data.set.step >= 0)
		x += draw_textf(c, r.y, x, 20, INK_DIM, " at %s",
				fmt_count(number, v->data.set.step));
	x += 2;
	x += draw_number(c, r.y, x, metric_table[ch->metric].brief, ch->metric, ch->dev,
			 INK_STRONG) + 2;
	if (v->mean.blind)
		x += draw_textf(c, r.y, x, 36, INK_WARN, "rouge: no word in %d of %d targets",
				v->mean.blind, v->mean.n) + 2;
	if (wide)
		x += draw_more_means(c, &v->mean, r.y, x);
	else if (r.w >= 76)
		x += draw_number(c, r.y, x, "baseline", ch->metric, ch->baseline,
				 INK_DIM) + 2;
	x = draw_place(c, v, r, x);
	draw_right(c, r.y, r.x + r.w - 1, r.x + r.w - 1 - x > 7 ? 7 : 0, INK_MARK,
		   v->shows_change ? "changes" : summaries_mode_name(v));
}

/* --- texts --- */

struct text_pane {
	struct rect r;
	const char *title;
	char remark[64];
	const struct word *word;
	int n, skip;
	bool speakers;
};

/* "-- source ------ 52 words --", for screens without room for boxes. */
static void draw_titled_rule(struct canvas *c, struct rect r, const char *title,
			     const char *remark)
{
	int used, cols = foreign_columns(remark, strlen(remark));

	draw_rule(c, r.y, r.x, r.w, INK_FRAME);
	c->flags = CELL_BOLD;
	used = draw_foreign(c, r.y, r.x + 2, r.w - 4, INK_STRONG, title);
	c->flags = 0;
	draw_cell(c, r.y, r.x + 1, ' ', INK_TEXT);
	draw_cell(c, r.y, r.x + 2 + used, ' ', INK_TEXT);
	if (!cols || used + cols + 8 > r.w)
		return;
	draw_foreign(c, r.y, r.x + r.w - 2 - cols, cols, INK_DIM, remark);
	draw_cell(c, r.y, r.x + r.w - 2, ' ', INK_TEXT);
	draw_cell(c, r.y, r.x + r.w - 3 - cols, ' ', INK_TEXT);
}

static struct rect pane_frame(struct canvas *c, struct rect r, bool is_boxed,
			      const char *title, const char *remark)
{
	if (is_boxed) {
		draw_titled_box(c, r, title, remark);
		return rect_cut(r, r.h >= 9 ? 2 : 1, 3, 1, 3);
	}
	draw_titled_rule(c, r, title, remark);
	return rect_cut(r, 1, 1, 0, 1);
}

/* The first line to show: what the cursor's piece looked at is to be seen. */
static int first_line(const struct canvas *c, const struct text_pane *p, struct rect in)
{
	int lines = p->n ? words_line(c, in.w, p->word, p->n, p->n - 1) + 1 : 0;
	int skip = p->skip, hot = -1, line;

	for (int i = 0; i < p->n; i++)
		if (p->word[i].heat > (hot < 0 ? 0 : p->word[hot].heat))
			hot = i;
	if (hot >= 0) {
		line = words_line(c, in.w, p->word, p->n, hot);
		if (line < skip || line >= skip + in.h)
			skip = line - in.h / 2;
	}
	if (skip > lines - in.h)
		skip = lines - in.h;
	return skip < 0 ? 0 : skip;
}

static int draw_pane(struct canvas *c, const struct text_pane *p, bool is_boxed)
{
	struct rect in;
	int skip, lines;

	if (p->r.h < (is_boxed ? 3 : 2))
		return 0;
	in = pane_frame(c, p->r, is_boxed, p->title, p->remark);
	if (is_boxed && in.y == p->r.y + 1 && p->n &&
	    words_line(c, in.w, p->word, p->n, p->n - 1) + 2 < in.h)
		in = rect_cut(in, 1, 0, 0, 0); /* air, as a tall box has */
	skip = first_line(c, p, in);
	lines = words_draw(c, in, p->word, p->n, skip, p->speakers);
	if (skip > 0)
		draw_text(c, in.y, p->r.x + p->r.w - 1, 1, INK_MARK, "↑");
	if (lines - skip > in.h)
		draw_text(c, in.y + in.h - 1, p->r.x + p->r.w - 1, 1, INK_MARK, "↓");
	return lines - skip;
}

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

static void draw_source(struct canvas *c, const struct ui *ui, struct rect r, bool boxed,
			const struct example_view *e)
{
	struct text_pane p = {.r = r, .title = "source", .word = e->source,
			      .n = e->n_source, .skip = summaries_of(ui)->scroll,
			      .speakers = true};

	str_format(p.remark, sizeof p.remark, e->figures->is_cut ?
		   "%d word%s, cut: the model saw %d pieces" : "%d word%s", e->n_source,
		   plural(e->n_source), e->pieces.n_source);
	draw_pane(c, &p, boxed);
}

static void draw_reference(struct canvas *c, struct rect r, bool boxed,
			   const struct example_view *e, const struct summaries_view *v)
{
	struct text_pane p = {.r = r, .title = "reference", .word = e->reference,
			      .n = e->n_reference};

	if (v->mode == READ_MATCHED && !v->shows_change)
		str_format(p.remark, sizeof p.remark, "%d of %d words found", e->matched,
			   e->n_reference);
	else
		str_format(p.remark, sizeof p.remark, "%d word%s", e->n_reference,
			   plural(e->n_reference));
	draw_pane(c, &p, boxed);
}

static const char *kept_remark(const struct example_view *e, const struct summaries_view *v,
			       char out[REMARK])
{
	summaries_keeps(v)->remark(&v->data, e->p, 60, out);
	return out;
}

static void output_remark(char out[64], const struct example_view *e,
			  const struct summaries_view *v)
{
	char text[REMARK];

	if (v->shows_change && e->was)
		str_format(out, 64, "%d new, %d gone", e->added, e->removed);
	else if (v->mode == READ_COPIED && summaries_keeps(v) && summaries_keeps(v)->remark)
		str_copy(out, 64, kept_remark(e, v, text));
	else if (v->mode == READ_COPIED && !v->shows_change)
		str_format(out, 64, "%d word%s, %d span%s, %d novel", e->n_output,
			   plural(e->n_output),
			   e->spans, plural(e->spans), e->novel);
	else if (v->mode == READ_NOVEL && !v->shows_change)
		str_format(out, 64, "%d word%s, %d novel", e->n_output,
			   plural(e->n_output), e->novel);
	else
		str_format(out, 64, "%d word%s", e->n_output, plural(e->n_output));
}

static void draw_output(struct canvas *c, const struct ui *ui, struct rect r, bool boxed,
			const struct example_view *e)
{
	const struct summaries_view *v = summaries_of(ui);
	struct text_pane p = {.r = r, .word = e->changes ? e->changes : e->output,
			      .n = e->changes ? e->n_changes : e->n_output};
	char title[64], number[24];

	if (ui->pic->is_imported)
		str_format(title, sizeof title, "%.40s, imported", ui->pic->run);
	else
		str_format(title, sizeof title, "Tutti at %s",
			   fmt_count(number, v->data.set.step));
	p.title = title;
	output_remark(p.remark, e, v);
	if (draw_pane(c, &p, boxed) + 1 < r.h - 2 && boxed)
		draw_legend(c, r, v, e->was != NULL);
}

/* --- below --- */

static void draw_rouge(struct canvas *c, const struct ui *ui, struct rect r, bool boxed,
		       const struct example_view *e)
{
	const struct summaries_view *v = summaries_of(ui);
	struct rect in = rect_cut(r, 0, 0, 0, 1);
	int gap;

	if (boxed) {
		draw_titled_box(c, r, "ROUGE", "stemmed, x 100");
		in = rect_cut(r, 1, 2, 1, 2);
	}
	draw_scores(c, in, v, e->figures, e->changes ? &e->was_rouge : NULL);
	gap = in.h >= 10 || (in.h >= 6 && in.h < 9);
	draw_copying(c, rect_cut(in, 4 + gap, 0, 0, 0), v, e->figures);
}

static void draw_low(struct canvas *c, const struct ui *ui, struct rect r, bool boxed,
		     const struct example_view *e)
{
	static const char *const title[SUMMARIES_PANES] = {
		"this example over time", "all kept examples", "candidates"};
	const struct summaries_view *v = summaries_of(ui);
	struct rect in = rect_cut(r, 0, 1, 0, 2);
	char remark[64] = "Tab", number[24];

	if (v->pane == PANE_FIGURES)
		str_format(remark, sizeof remark, "mean of %d", v->mean.n);
	else if (v->pane == PANE_BEAMS)
		models_name(ui, remark);
	else if (e->was)
		str_format(remark, sizeof remark, "ROUGE-1 was %s",
			   fmt_metric(number, summary_score(e->was, SUMMARY_ROUGE1)));
	draw_zone(c, r, -1, DO_PANE, 0);
	if (boxed) {
		draw_titled_box(c, r, title[v->pane], remark);
		in = rect_cut(r, 1, 2, 1, 2);
	}
	if (v->pane == PANE_BEAMS) {
		draw_beams(c, ui, in, e->row->target ? e->row->target : "");
	} else if (v->pane == PANE_FIGURES) {
		if (boxed)
			draw_means(c, in, v);
		else
			draw_copying(c, in, v, e->figures);
	} else {
		if (!boxed)
			draw_text(c, in.y, in.x, in.w, INK_DIM,
				  in.w < 24 ? "over time" : title[v->pane]);
		draw_outputs(c, boxed ? in : rect_cut(in, 1, 0, 0, 0), &v->data);
	}
}

static void draw_example(struct canvas *c, const struct ui *ui,
			 const struct summary_layout *l, int i)
{
	const struct summaries_view *v = summaries_of(ui);
	struct example_view e;

	example_read(&e, v, i);
	draw_source(c, ui, l->source, l->wide, &e);
	draw_reference(c, l->reference, l->wide, &e, v);
	draw_output(c, ui, l->output, l->wide, &e);
	if (ui->pic->is_imported)
		draw_no_pieces(c, l->words, l->wide);
	else
		draw_pieces(c, l->words, &e.pieces, v->token, l->wide);
	if (v->pane == PANE_BEAMS && !l->wide) { /* long lines: all the width */
		draw_beams(c, ui, (struct rect){l->low.y, l->rouge.x + 1, l->low.h,
						l->rouge.w + l->low.w - 2},
			   e.row->target ? e.row->target : "");
	} else {
		draw_rouge(c, ui, l->rouge, l->wide, &e);
		draw_low(c, ui, l->low, l->wide, &e);
	}
	example_release(&e);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct summaries_view *v = summaries_of(ui);
	struct summary_layout l;
	int i = summaries_shown(v);

	layout_summary(body, &l);
	if (v->task < 0) {
		draw_nothing(c, body, "no task that summarizes here");
		return;
	}
	draw_head(c, ui, l.head, l.wide);
	if (i >= 0)
		draw_example(c, ui, &l, i);
	else if (v->data.trouble[0])
		draw_nothing(c, body, v->data.trouble);
	else
		draw_nothing(c, body, "no example is of that kind: f shows others");
}

const struct view view_summaries = {
	.digit = '4', .name = "Summaries", .brief = "Sums",
	.own_new = summaries_new, .own_free = summaries_free, .find = summaries_look_for,
	.recalc = summaries_recalc, .draw = draw, .act = summaries_act,
	.back = summaries_back,
	.hints = "j k example   h l piece   v marks   b beams   d changes   s sort   "
		 "f filter   / find   x export",
	.looks = "j k example   h l piece   v marks   d changes   s sort   f filter   "
		 "/ find   x export",
};
