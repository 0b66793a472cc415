/*
 * view_data.c - what a task's data is like: a line per split, lengths, labels,
 * what was skipped; the rows below are view_data_rows.c.
 */
#include "view_data.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "ui/keys.h"

/* What is being done, at the right end; columns used. */
static int draw_doing(struct canvas *c, const struct data_view *v, int y, int end)
{
	const struct job_slot *w = job_slot_is_on(&v->open)   ? &v->open :
				   job_slot_is_on(&v->report) ? &v->report :
							&v->search;
	const char *word = w == &v->open ? "opening" : w == &v->report ? "counting" :
						       "looking";
	double part;
	int x = end - 21;

	if (!job_slot_is_on(w))
		return 0;
	part = job_slot_part(w);
	draw_text(c, y, x, 9, INK_MARK, word);
	draw_bar(c, y, x + 9, 12, part < 0 ? 0 : part, INK_MARK);
	draw_paper(c, (struct rect){y, x + 9, 1, 12}, PAPER_LAMP);
	return 23;
}

static void draw_head(struct canvas *c, const struct ui *ui, const struct data_view *v,
		      struct rect r)
{
	int x = r.x + 1, end = r.x + r.w - 1;
	const struct channel *ch = &ui->pic->ch[v->task];
	double passes = ch->n_train ? (double)ch->examples / (double)ch->n_train : 0;
	struct data_about a;
	char number[24];

	c->flags = CELL_BOLD;
	x += draw_foreign(c, r.y, x, 20, ink_channel(v->task), ch->name) + 2;
	c->flags = 0;
	x += draw_text(c, r.y, x, 10, INK_DIM, task_kind_name(ch->kind)) + 3;
	end -= draw_doing(c, v, r.y, end);
	if (!v->now)
		return;
	a = data_book_about(v->now->book);
	if (x + 24 < end && a.pieces)
		x += draw_textf(c, r.y, x, 24, INK_DIM, "vocabulary %s",
				fmt_count(number, a.pieces)) + 3;
	if (x + 12 < end)
		x += draw_textf(c, r.y, x, 24, INK_DIM, "longest %d", a.max_source) + 3;
	if (x + 12 < end && ch->examples && ch->n_train)
		x += draw_textf(c, r.y, x, 24, INK_DIM, "passes %.*f", passes < 9.95 ? 1 : 0,
				passes) + 3;
	if (data_book_has_changed(v->now->book, v->split) && x + 30 < end)
		x += draw_text(c, r.y, x, 36, INK_WARN,
			       "file changed since the run began") + 3;
	if (x + 16 < end && ui->pic->n_channels > 1)
		draw_right(c, r.y, end, 14, INK_DIM, "< > other task");
}

/* --- a line per split --- */

enum { C_SPLIT, C_ROWS, C_P50, C_P95, C_MAX, C_UNKNOWN, C_CUT, C_TWICE, C_LEAKS,
       C_SKIPPED, C_FILE };

/* Where each column ends, from the left; the file gets what is left. */
static const struct {
	const char *head;
	int end;
} split_column[] = {
	[C_SPLIT] = {"split", 7}, [C_ROWS] = {"rows", 18}, [C_P50] = {"p50", 24},
	[C_P95] = {"p95", 29}, [C_MAX] = {"longest", 37}, [C_UNKNOWN] = {"unknown", 46},
	[C_CUT] = {"cut", 53}, [C_TWICE] = {"repeated", 62}, [C_LEAKS] = {"in train", 71},
	[C_SKIPPED] = {"skipped", 79}, [C_FILE] = {"file", 0},
};

static void put(struct canvas *c, int y, struct rect r, int column, enum ink ink,
		const char *text)
{
	int end = r.x + split_column[column].end;

	if (split_column[column].end < r.w)
		draw_right(c, y, end, split_column[column].end, ink, text);
}

static const char *percent(char out[24], uint64_t part, uint64_t whole)
{
	double x = whole ? 100.0 * (double)part / (double)whole : 0;

	if (!part)
		return "0";
	snprintf(out, 24, x < .05 ? "<0.1%%" : "%.1f%%", x);
	return out;
}

static void draw_numbers(struct canvas *c, const struct data_view *v, int y,
			 struct rect r, enum data_split s)
{
	const struct data_split_report *p = data_view_report(v, s);
	char t[24];
	enum ink wrong = INK_WARN;

	put(c, y, r, C_ROWS, INK_TEXT,
	    fmt_count(t, (int64_t)data_book_size(v->now->book, s)));
	if (!p)
		return;
	put(c, y, r, C_P50, INK_TEXT, fmt_count(t, p->source.p50));
	put(c, y, r, C_P95, INK_TEXT, fmt_count(t, p->source.p95));
	put(c, y, r, C_MAX, INK_TEXT, fmt_count(t, p->source.max));
	put(c, y, r, C_UNKNOWN, INK_TEXT, percent(t, p->unknown, p->pieces));
	put(c, y, r, C_CUT, INK_TEXT, percent(t, p->cut_source, p->rows));
	put(c, y, r, C_TWICE, p->repeated.differing ? wrong : INK_TEXT,
	    fmt_count(t, (int64_t)p->repeated.n));
	if (s == SPLIT_DEV)
		put(c, y, r, C_LEAKS, p->leaked.n ? wrong : INK_GOOD,
		    fmt_count(t, (int64_t)p->leaked.n));
	put(c, y, r, C_SKIPPED, p->skipped ? wrong : INK_TEXT,
	    fmt_count(t, (int64_t)p->skipped));
}

static void draw_split(struct canvas *c, const struct data_view *v, int y,
		       struct rect r, enum data_split s)
{
	const char *why = v->now ? data_book_trouble(v->now->book, s) : NULL;
	int x = r.x + split_column[C_SKIPPED].end + 3;

	if (s != v->split)
		draw_zone(c, (struct rect){y, r.x, 1, r.w}, -1, DO_SIDE, 1);
	if (s == v->split) {
		c->paper = PAPER_ROW;
		draw_fill(c, (struct rect){y, r.x, 1, r.w});
		draw_text(c, y, r.x, 1, INK_STRONG, "▸");
	}
	draw_text(c, y, r.x + 2, 6, INK_TEXT, data_split_name(s));
	if (why)
		draw_foreign(c, y, r.x + 9, r.w - 10, *data_book_path(v->now->book, s) ?
			     INK_WARN : INK_DIM, why);
	else if (v->now)
		draw_numbers(c, v, y, r, s);
	if (!why && v->now && x + 12 < r.x + r.w)
		draw_foreign(c, y, x, r.x + r.w - x - 1, INK_DIM,
			     str_path_end(data_book_path(v->now->book, s)));
	c->paper = PAPER_NONE;
}

void draw_data_splits(struct canvas *c, const struct data_view *v, struct rect r)
{
	draw_text(c, r.y, r.x + 2, 6, INK_DIM, "split");
	for (int k = C_ROWS; k < C_FILE; k++)
		put(c, r.y, r, k, INK_DIM, split_column[k].head);
	if (r.w > split_column[C_SKIPPED].end + 15)
		draw_text(c, r.y, r.x + split_column[C_SKIPPED].end + 3, 8, INK_DIM,
			  "file");
	for (int s = 0; s < SPLITS && s + 1 < r.h; s++)
		draw_split(c, v, r.y + 1 + s, r, (enum data_split)s);
}

/* --- lengths --- */

/* How 0..most are shared out among upright bars in w columns. */
struct bars {
	int n, per, wide; /* bars, lengths in one, columns of one */
};

static struct bars bars_for(int most, int w)
{
	struct bars b = {.per = most / w + 1};

	b.n = most / b.per + 1;
	b.wide = w / b.n;
	return b;
}

static double bar_sum(const uint64_t *count, int most, const struct bars *b, int i)
{
	double n = 0;

	for (int k = i * b->per; k < (i + 1) * b->per && k <= most; k++)
		n += (double)count[k];
	return n;
}

static void draw_histogram(struct canvas *c, struct rect r, const uint64_t *count,
			   int most, enum ink ink)
{
	struct bars b = bars_for(most, r.w);
	double top = 1;

	for (int i = 0; i < b.n; i++) {
		double n = bar_sum(count, most, &b, i);

		top = n > top ? n : top;
	}
	for (int x = 0; x < b.n * b.wide; x++) {
		double n = bar_sum(count, most, &b, x / b.wide);

		draw_span(c, r.y, r.x + x, r.h * 8 - (int)ceil(n / top * (r.h * 8)),
			  r.h * 8, ink);
	}
}

/*
 * Below a histogram: the longest at the end, and marks for the middle of the rows
 * and for the 95th of 100, each with its number where there is room.
 */
static void draw_ticks(struct canvas *c, struct rect r, const struct data_lengths *l)
{
	struct bars b = bars_for(l->max, r.w);
	const int at[] = {l->p50, l->p95};
	int end = r.x + b.n * b.wide;
	char t[24];

	draw_rule(c, r.y, r.x, b.n * b.wide, INK_FRAME);
	snprintf(t, sizeof t, "%d", l->max);
	draw_right(c, r.y, end, 8, INK_DIM, t);
	end -= (int)strlen(t) + 1;
	for (int i = 0; i < 2; i++) {
		int w = snprintf(t, sizeof t, "%s %d", i ? "p95" : "p50", at[i]);
		int x = r.x + at[i] / b.per * b.wide;

		if (x < end)
			draw_cell(c, r.y, x, '|', INK_STRONG);
		if (!i && x < end && x - w >= r.x)
			draw_text(c, r.y, x - w, w, INK_TEXT, t);
		else if (x + 1 + w <= end)
			draw_text(c, r.y, x + 1, w, INK_TEXT, t);
	}
}

static void draw_length_box(struct canvas *c, struct rect r,
			    const struct data_lengths *l, const char *title,
			    const char *remark, enum ink ink)
{
	struct rect in = rect_cut(r, 1, 2, 1, 2), axis = in;

	draw_titled_box(c, r, title, remark);
	if (in.h < 2 || in.w < 12 || !l->count)
		return;
	axis.y += in.h - 1;
	axis.h = 1;
	in.h--;
	draw_histogram(c, in, l->count, l->max, ink);
	draw_ticks(c, axis, l);
}

void draw_data_lengths(struct canvas *c, const struct data_view *v, struct rect r)
{
	const struct data_split_report *p = data_view_report(v, v->split);
	char remark[64] = "", number[24];

	if (p && p->rows)
		str_format(remark, sizeof remark, "mean %.1f · %s cut",
			   (double)p->source.sum / (double)p->rows,
			   fmt_count(number, (int64_t)p->cut_source));
	draw_length_box(c, r, p ? &p->source : &(struct data_lengths){0},
			"length in pieces", remark[0] ? remark : NULL,
			ink_channel(v->task));
}

/* --- labels, numbers, summaries --- */

static void draw_label(struct canvas *c, const struct data_view *v, struct rect r,
		       const struct data_split_report *p, int label)
{
	struct data_about a = data_book_about(v->now->book);
	double most = (double)p->labels[p->frequent[0]];
	double part = most > 0 ? (double)p->labels[label] / most : 0;
	int name = r.w > 40 ? 14 : 9, bar = r.w - name - 14;
	char t[24];

	draw_foreign(c, r.y, r.x, name - 1, INK_TEXT, a.labels[label]);
	draw_bar(c, r.y, r.x + name, bar, part, ink_channel(v->task));
	draw_right(c, r.y, r.x + r.w - 7, 7, INK_TEXT,
		   percent(t, p->labels[label], p->rows));
	snprintf(t, sizeof t, "%.0f", p->labels[label] ?
		 (double)p->label_tokens[label] / (double)p->labels[label] : 0);
	draw_right(c, r.y, r.x + r.w, 6, INK_DIM, t);
}

static void draw_labels(struct canvas *c, const struct data_view *v, struct rect r,
			const struct data_split_report *p)
{
	int n = v->now->report.n_labels;
	struct rect in = rect_cut(r, 1, 2, 1, 2), row = in;
	char remark[64];

	str_format(remark, sizeof remark, in.h < n ? "%d of %d · share, length" :
		   "share, length", in.h, n);
	if (p->bare && r.w >= 56) /* rows of the empty set */
		str_format(remark, sizeof remark,
			   "%" PRIu64 " rows have none · share, length", p->bare);
	draw_titled_box(c, r, "labels", remark);
	row.h = 1;
	for (int k = 0; k < n && k < in.h; k++, row.y++)
		draw_label(c, v, row, p, p->frequent[k]);
}

static void draw_number_box(struct canvas *c, const struct data_view *v, struct rect r,
			    const struct data_split_report *p)
{
	struct rect in = rect_cut(r, 1, 2, 1, 2);
	char remark[64], t[24];
	int wide = in.w / DATA_BINS;
	double top = 1;

	str_format(remark, sizeof remark, "mean %.3g", p->mean);
	draw_titled_box(c, r, "numbers to predict", remark);
	if (in.h < 2 || wide < 1)
		return;
	for (int i = 0; i < DATA_BINS; i++)
		top = (double)p->numbers[i] > top ? (double)p->numbers[i] : top;
	for (int i = 0; i < DATA_BINS * wide; i++) {
		int all = (in.h - 1) * 8;
		int h = (int)ceil((double)p->numbers[i / wide] / top * all);

		draw_span(c, in.y, in.x + i, all - h, all, ink_channel(v->task));
	}
	draw_rule(c, in.y + in.h - 1, in.x, DATA_BINS * wide, INK_FRAME);
	snprintf(t, sizeof t, "%.3g", p->low);
	draw_text(c, in.y + in.h - 1, in.x, 10, INK_DIM, t);
	snprintf(t, sizeof t, "%.3g", p->high);
	draw_right(c, in.y + in.h - 1, in.x + DATA_BINS * wide, 10, INK_DIM, t);
}

void draw_data_skips(struct canvas *c, const struct data_view *v, struct rect r)
{
	const struct data_split_report *p = data_view_report(v, v->split);
	struct rect in = rect_cut(r, 1, 2, 1, 2);
	int y = in.y;
	char remark[48] = "", t[24];

	if (p)
		str_format(remark, sizeof remark, "%s of %s",
			   fmt_count(t, (int64_t)p->skipped),
			   fmt_count((char[24]){0}, (int64_t)(p->skipped + p->rows)));
	draw_titled_box(c, r, "skipped rows", p && p->skipped ? remark : NULL);
	if (p && !p->skipped)
		draw_text(c, y, in.x, in.w, INK_GOOD, "none");
	for (int i = 0; p && i < p->n_skips && y < in.y + in.h; i++) {
		const struct data_skip *s = &p->skip[i];
		int x = in.x;
		bool one_line = in.h < 2 * p->n_skips;

		x += draw_textf(c, y, x, 9, INK_WARN, "%s ", fmt_count(t, (int64_t)s->n));
		x += draw_text(c, y, x, in.x + in.w - x, INK_TEXT, s->reason) + 2;
		if (!one_line) {
			y++;
			x = in.x + 2;
		}
		x += draw_text(c, y, x, in.x + in.w - x, INK_DIM,
			       s->n == 1 ? "line" : "lines");
		for (int k = 0; k < 4 && s->first[k]; k++)
			x += draw_textf(c, y, x, in.x + in.w - x, INK_DIM, " %s",
					fmt_count(t, (int64_t)s->first[k]));
		y++;
	}
}

/* What is kept of the texts, and how many targets had to be found in them. */
static void draw_kept(struct canvas *c, struct rect r, const struct data_split_report *p)
{
	char kept[24], units[24];
	double share = p->units ? (double)p->kept / (double)p->units : 0;
	struct rect in = rect_cut(r, 1, 2, 1, 2);

	draw_titled_box(c, r, "kept", NULL);
	draw_textf(c, in.y, in.x, in.w, INK_TEXT, "%s of %s (%.0f%%)",
		   fmt_count(kept, (int64_t)p->kept), fmt_count(units, (int64_t)p->units),
		   100 * share);
	if (in.h > 1)
		draw_bar(c, in.y + 1, in.x, in.w, share, INK_MARK);
	if (in.h > 2 && p->nearest)
		draw_textf(c, in.y + 2, in.x, in.w, INK_WARN, "%s not word for word",
			   fmt_count(kept, (int64_t)p->nearest));
}

void draw_data_side(struct canvas *c, const struct data_view *v, struct rect r)
{
	const struct data_split_report *p = data_view_report(v, v->split);
	const struct data_kind *kind;
	char title[64], remark[64];

	if (!v->now || !p) {
		draw_titled_box(c, r, "labels", NULL);
		return;
	}
	kind = data_kind(data_book_about(v->now->book).kind);
	if (kind->target->has_labels) {
		draw_labels(c, v, r, p);
	} else if (kind->target->has_number) {
		draw_number_box(c, v, r, p);
	} else if (kind->target->has_units) {
		draw_kept(c, r, p);
	} else if (!kind->target->has_pieces) {
		draw_titled_box(c, r, "target", NULL);
		draw_text(c, r.y + 1, r.x + 2, r.w - 4, INK_DIM, "pieces of the texts");
	} else {
		str_format(title, sizeof title, "%s in pieces", kind->column[COLUMN_TARGET].noun);
		str_format(remark, sizeof remark, "%.1f to 1 · %" PRIu64 " cut",
			   p->compression, p->cut_target);
		draw_length_box(c, r, &p->target, title, remark, INK_MARK);
	}
}

/* --- all --- */

static void draw_trouble(struct canvas *c, struct rect r, const char *why)
{
	draw_titled_box(c, r, "no rows to show", NULL);
	draw_foreign(c, r.y + 1, r.x + 2, r.w - 4, INK_WARN, why);
}

static void draw(struct canvas *c, const struct ui *ui, struct rect body)
{
	const struct data_view *v = data_view_of(ui);
	struct data_layout l;

	if (v->task < 0 || v->task >= ui->pic->n_channels) {
		draw_nothing(c, body, "the data is being prepared");
		return;
	}
	layout_data(body, v->is_open, &l);
	draw_head(c, ui, v, l.head);
	if (v->trouble.text[0]) {
		draw_nothing(c, body, v->trouble.text);
		return;
	}
	draw_data_splits(c, v, l.splits);
	if (l.lengths.h)
		draw_data_lengths(c, v, l.lengths);
	if (l.side.h && v->shows_skips && !l.skips.h)
		draw_data_skips(c, v, l.side);
	else if (l.side.h)
		draw_data_side(c, v, l.side);
	if (l.skips.h)
		draw_data_skips(c, v, l.skips);
	if (v->now && !data_view_is_ready(v) && (l.list.h || l.detail.h)) {
		draw_trouble(c, l.list.h ? l.list : l.detail,
			     data_book_trouble(v->now->book, v->split));
		return;
	}
	if (l.list.h)
		draw_data_list(c, v, l.list);
	if (l.detail.h)
		draw_data_row(c, v, l.detail);
}

const struct view view_data = {
	.digit = '6', .name = "Data", .brief = "Data",
	.own_new = data_view_new, .own_free = data_view_free, .find = data_view_find,
	.recalc = data_view_recalc, .idle = data_view_idle, .draw = draw,
	.act = data_view_act, .back = data_view_back,
	.hints = "Tab train|dev   / find   r repeated   L in train   f label   Enter open",
};
