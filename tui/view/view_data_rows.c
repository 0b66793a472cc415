/*
 * view_data_rows.c - the rows of a split: a list that reads only what it shows,
 * and the chosen row as the model sees it.
 */
#include "view_data.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "text/tokenizer.h"
#include "text/utf8.h"
#include "ui/keys.h"
#include "widget/words.h"

/* --- the list --- */

static void label_text(const struct data_view *v, const struct data_row *row, char *out,
		       size_t cap)
{
	struct target_shown t = data_book_target(v->now->book, row);

	data_target(data_book_about(v->now->book).kind)->show(&t, out, cap);
}

/* "=" it repeats a row, "!" it stands in train, "?" it has unknown pieces. */
static void draw_marks(struct canvas *c, const struct data_view *v, int y, int x,
		       const struct data_row *row)
{
	const struct data_split_report *p = data_view_report(v, v->split);

	if (p && data_twin_find(&p->repeated, row->row))
		draw_text(c, y, x, 1, INK_WARN, "=");
	if (p && data_twin_find(&p->leaked, row->row))
		draw_text(c, y, x + 1, 1, INK_BAD, "!");
	if (row->unknown)
		draw_text(c, y, x + 2, 1, INK_DIM, "?");
}

enum { C_ROW_END = 12, C_LENGTH_END = 19, C_MARKS = 20, C_LABEL = 25 };

static int label_columns(const struct data_view *v, int w)
{
	struct data_about a = data_book_about(v->now->book);
	int most = 6, limit = w >= 100 ? 18 : 10;

	for (int i = 0; i < a.n_labels && i < 64; i++) {
		int n = foreign_columns(a.labels[i], strlen(a.labels[i]));

		most = n > most ? n : most;
	}
	return most > limit ? limit : most;
}

/* As much of a text as can be seen, so that a long one costs no time. */
static size_t seen(size_t len, int w)
{
	size_t most = (size_t)(w > 0 ? w : 0) * 8 + 64;

	return len < most ? len : most;
}

/*
 * A text from its beginning, or, where something is looked for, so that the place
 * can be seen; that is marked. Returns the columns used.
 */
static int draw_text_of(struct canvas *c, const struct data_view *v, int y, int x, int w,
			const char *text, size_t len)
{
	size_t look = len < DATA_LOOK ? len : DATA_LOOK, from = 0, n = strlen(v->want.text);
	size_t at = data_text_find(text, look, v->want.text);
	int used = 0;

	if (at == SIZE_MAX)
		return draw_foreign_n(c, y, x, w, INK_TEXT, text, seen(len, w));
	if (at + n + 2 > (size_t)(w > 0 ? w : 0) && at > 16) {
		for (from = at - 16; from < at && ((unsigned char)text[from] & 0xc0) == 0x80;)
			from++;
		from = foreign_cut(text, at, from);
		used += draw_text(c, y, x, w, INK_DIM, "…");
	}
	used += draw_foreign_n(c, y, x + used, w - used, INK_TEXT, text + from, at - from);
	c->flags = CELL_UNDERLINE | CELL_BOLD;
	n = foreign_cut(text, look, at + n) - at;
	used += draw_foreign_n(c, y, x + used, w - used, INK_NOVEL, text + at, n);
	c->flags = 0;
	at += n;
	return used + draw_foreign_n(c, y, x + used, w - used, INK_TEXT, text + at,
				     seen(len - at, w));
}

static void draw_line(struct canvas *c, const struct data_view *v, struct rect r, int y,
		      uint64_t at)
{
	int label = label_columns(v, r.w), x = r.x + C_LABEL + label + 2;
	int end = r.x + r.w - 2;
	struct data_row row;
	char t[96];

	data_book_row(v->now->book, v->split, data_view_row(v, at), &row);
	if (at == v->at) {
		c->paper = PAPER_ROW;
		draw_fill(c, (struct rect){y, r.x + 1, 1, r.w - 2});
		draw_text(c, y, r.x + 1, 1, INK_STRONG, "▸");
	}
	draw_right(c, y, r.x + C_ROW_END, 10, INK_DIM, fmt_count(t, (int64_t)row.row + 1));
	draw_right(c, y, r.x + C_LENGTH_END, 6, INK_TEXT, fmt_count(t, row.tokens));
	draw_marks(c, v, y, r.x + C_MARKS, &row);
	label_text(v, &row, t, sizeof t);
	draw_foreign(c, y, r.x + C_LABEL, label, INK_TEXT, t);
	x += draw_text_of(c, v, y, x, end - x, row.text, row.text_len);
	if (row.pair_len && x + 6 < end) {
		x += draw_text(c, y, x, 4, INK_DIM, " || ");
		draw_text_of(c, v, y, x, end - x, row.pair, row.pair_len);
	}
	c->paper = PAPER_NONE;
}

static void list_title(const struct data_view *v, char title[40], char *remark,
		       size_t cap)
{
	uint64_t all = data_book_size(v->now->book, v->split);
	char words[240], a[24], b[24];

	data_filter_words(v, words, sizeof words);
	str_format(title, 40, "%s rows", data_split_name(v->split));
	fmt_count(a, (int64_t)(data_view_count(v) ? v->at + 1 : 0));
	fmt_count(b, (int64_t)data_view_count(v));
	if (v->has_hits)
		str_format(remark, cap, "%s of %s · %s", a, b, words);
	else if (words[0])
		str_format(remark, cap, "looking for %s", words);
	else
		str_format(remark, cap, "%s of %s", a, fmt_count(b, (int64_t)all));
}

void draw_data_list(struct canvas *c, const struct data_view *v, struct rect r)
{
	uint64_t n = data_view_count(v), from;
	char title[40], remark[320];
	int h = r.h - 3, label;

	if (!v->now) {
		draw_titled_box(c, r, "rows", NULL);
		return;
	}
	list_title(v, title, remark, sizeof remark);
	draw_titled_box(c, r, title, remark);
	label = label_columns(v, r.w);
	draw_right(c, r.y + 1, r.x + C_ROW_END, 6, INK_DIM, "row");
	draw_right(c, r.y + 1, r.x + C_LENGTH_END, 6, INK_DIM, "length");
	draw_text(c, r.y + 1, r.x + C_LABEL, label, INK_DIM,
		  data_target(data_book_about(v->now->book).kind)->heading);
	draw_text(c, r.y + 1, r.x + C_LABEL + label + 2, 6, INK_DIM, "text");
	if (!n)
		draw_text(c, r.y + 2, r.x + C_LABEL, r.w - C_LABEL - 2, INK_DIM,
			  "no such rows   c shows all again");
	if (h < 1)
		return;
	from = v->at / (uint64_t)h * (uint64_t)h; /* a page at a time: few bytes */
	for (int k = 0; k < h && from + (uint64_t)k < n; k++) {
		draw_line(c, v, r, r.y + 2 + k, from + (uint64_t)k);
		if (from + (uint64_t)k <= INT_MAX)
			draw_zone(c, (struct rect){r.y + 2 + k, r.x + 1, 1, r.w - 2},
				  (int)from + k, DO_NONE, 0);
	}
}

/* --- the chosen row --- */

/* Where the next thing goes; lines before `skip` are not drawn. */
struct pen {
	struct canvas *c;
	struct rect r;
	int x, line, skip, high; /* high: lines of a band of pieces */
};

static bool pen_shows(const struct pen *p, int line)
{
	return line >= p->skip && line - p->skip < p->r.h;
}

static int pen_y(const struct pen *p, int line)
{
	return p->r.y + line - p->skip;
}

static void pen_break(struct pen *p)
{
	if (p->x > 0)
		p->line += p->high;
	p->x = 0;
}

/* A piece and, below it, its id. */
static void put_piece(struct pen *p, const char *piece, int32_t id, enum ink ink)
{
	int w = foreign_columns(piece, strlen(piece)), digits;
	char number[16];

	digits = snprintf(number, sizeof number, "%" PRId32, id);
	if (w > p->r.w - 1)
		w = p->r.w - 1;
	if (p->x + (w > digits ? w : digits) > p->r.w)
		pen_break(p);
	if (pen_shows(p, p->line))
		draw_foreign(p->c, pen_y(p, p->line), p->r.x + p->x, w, ink, piece);
	if (p->high > 1 && pen_shows(p, p->line + 1))
		draw_text(p->c, pen_y(p, p->line + 1), p->r.x + p->x, digits, INK_DIM,
			  number);
	p->x += (w > digits && p->high > 1 ? w : p->high > 1 ? digits : w) + 1;
}

static void put_pieces(struct pen *p, const struct data_view *v, const char *const *piece,
		       const int32_t *id, int n)
{
	const struct tokenizer_kind *kind = data_book_about(v->now->book).tokenizer;

	for (int i = 0; i < n; i++) {
		int role = tokenizer_role(kind, piece[i]);

		if (p->line > p->skip + p->r.h)
			return; /* below what is seen */
		put_piece(p, piece[i], id[i], role == TOK_UNK ? INK_WARN :
			  role >= 0 ? INK_DIM : INK_TEXT);
	}
}

/* "text cut, 31 pieces lost:" and how it would go on. */
static void put_cut(struct pen *p, const char *what, int lost, bool is_partial,
		    const char *text, size_t len, size_t kept)
{
	int y, x;

	if (!lost)
		return;
	pen_break(p);
	if (pen_shows(p, p->line)) {
		y = pen_y(p, p->line);
		x = p->r.x;
		kept = foreign_cut(text, len, kept);
		x += draw_textf(p->c, y, x, p->r.w, INK_WARN, "%s cut, %d%s pieces lost: ",
				what, lost, is_partial ? " or more" : "");
		draw_foreign_n(p->c, y, x, p->r.x + p->r.w - x, INK_DIM, text + kept,
			       seen(len - kept, p->r.w));
	}
	p->line++;
}

static void put_heading(struct pen *p, enum ink ink, const char *text)
{
	pen_break(p);
	if (pen_shows(p, p->line))
		draw_foreign(p->c, pen_y(p, p->line), p->r.x, p->r.w, ink, text);
	p->line++;
}

/* Of which row this is a copy, and whether the two agree. */
static void put_twins(struct pen *p, const struct data_view *v,
		      const struct data_row *row)
{
	const struct data_split_report *r = data_view_report(v, v->split);
	const struct data_twin *t = r ? data_twin_find(&r->repeated, row->row) : NULL;
	const struct data_twin *l = r ? data_twin_find(&r->leaked, row->row) : NULL;
	char text[160], number[24], other[96], mine[96];
	struct data_row of;

	for (int k = 0; k < 2; k++) {
		const struct data_twin *w = k ? l : t;

		if (!w)
			continue;
		data_book_row(v->now->book, k ? SPLIT_TRAIN : v->split, w->of, &of);
		label_text(v, &of, other, sizeof other);
		label_text(v, row, mine, sizeof mine);
		str_format(text, sizeof text, "the same text as row %s of %s%s%s",
			   fmt_count(number, (int64_t)w->of + 1),
			   k ? "train" : data_split_name(v->split),
			   str_eq(other, mine) ? "" : ", which has ",
			   str_eq(other, mine) ? "" : other);
		put_heading(p, INK_WARN, text);
	}
}

static void row_remark(const struct data_row *row, const struct data_pieces *q, char *out,
		       size_t cap)
{
	char t[24];
	struct buf b;

	buf_init(&b);
	buf_addf(&b, "line %s · %d pieces", fmt_count(t, (int64_t)row->line), row->tokens);
	if (row->target_tokens)
		buf_addf(&b, " → %d", row->target_tokens);
	if (row->unknown)
		buf_addf(&b, " · %d unknown", row->unknown);
	if (q->text_lost + q->pair_lost + q->target_lost)
		buf_adds(&b, " · cut");
	str_copy(out, cap, buf_str(&b));
	buf_release(&b);
}

/* --- the chosen row alone: as it stands in the file, too --- */

enum { TEXT_SEEN = 16 << 10 }; /* bytes of a text that are laid out */

/* A text of a row: where it begins in the buffer, and from where on it was cut. */
struct laid {
	size_t from, cut;
};

static void lay(struct buf *b, struct laid *l, const char *before, const char *text,
		size_t len, size_t kept)
{
	buf_adds(b, before);
	l->from = b->len;
	l->cut = b->len + (kept < len ? kept : len + 1);
	buf_add(b, text, len < TEXT_SEEN ? len : TEXT_SEEN);
}

/* Words that the model does not get are marked as novel ones are. */
static void mark_cut(struct word *w, int n, const char *base, const struct laid *l,
		     int texts)
{
	for (int i = 0; i < n; i++) {
		size_t at = (size_t)(w[i].s - base);

		for (int k = 0; k < texts; k++)
			if (at >= l[k].from && (k + 1 == texts || at < l[k + 1].from) &&
			    at >= l[k].cut)
				w[i].is_novel = true;
	}
}

static void draw_text_box(struct canvas *c, const struct data_view *v, struct rect r,
			  const struct data_row *row)
{
	const struct data_pieces *q = &v->pieces;
	char title[48], remark[128], label[96], t[24];
	struct laid l[3];
	struct word *w;
	struct buf b;
	int n, texts = 1;

	buf_init(&b);
	lay(&b, &l[0], "", row->text, row->text_len, q->text_kept);
	if (row->pair_len)
		lay(&b, &l[texts++], "\n|| ", row->pair, row->pair_len, q->pair_kept);
	if (q->n_target)
		lay(&b, &l[texts++], "\n→ ", row->target, row->target_len, q->target_kept);
	w = words_cut(buf_str(&b), &n);
	mark_cut(w, n, b.s, l, texts);
	label_text(v, row, label, sizeof label);
	str_format(title, sizeof title, "row %s", fmt_count(t, (int64_t)row->row + 1));
	str_format(remark, sizeof remark, "%s%s%s", q->n_target ? "" : label,
		   q->text_lost + q->pair_lost + q->target_lost ? " · marked: cut off" : "",
		   n == WORDS_MAX ? " · beginning" : "");
	draw_titled_box(c, r, title, remark[0] ? remark : NULL);
	words_draw(c, rect_cut(r, 1, 2, 1, 2), w, n, 0, false);
	xfree(w);
	buf_release(&b);
}

void draw_data_row(struct canvas *c, const struct data_view *v, struct rect r)
{
	struct pen p = {.c = c, .r = rect_cut(r, 1, 2, 1, 2), .skip = v->scroll, .high = 2};
	const struct data_pieces *q = &v->pieces;
	char title[48], remark[120], t[24];
	const char *noun;
	struct data_row row;

	if (!v->has_pieces) {
		draw_titled_box(c, r, "row", NULL);
		return;
	}
	data_book_row(v->now->book, v->split, v->pieces_row, &row);
	if (v->is_open && r.h >= 12) {
		struct rect upper = r;

		upper.h = r.h * 2 / 5;
		r = rect_cut(r, upper.h, 0, 0, 0);
		p.r = rect_cut(r, 1, 2, 1, 2);
		draw_text_box(c, v, upper, &row);
	}
	str_format(title, sizeof title, "row %s as the model sees it",
		   fmt_count(t, (int64_t)row.row + 1));
	row_remark(&row, q, remark, sizeof remark);
	draw_titled_box(c, r, title, remark);
	put_twins(&p, v, &row);
	put_cut(&p, "text", q->text_lost, q->is_partial, row.text, row.text_len,
		q->text_kept);
	put_cut(&p, "second text", q->pair_lost, q->is_partial, row.pair, row.pair_len,
		q->pair_kept);
	put_pieces(&p, v, q->piece, q->id, q->n);
	if (!q->n_target)
		return;
	noun = data_kind(data_book_about(v->now->book).kind)->column[COLUMN_TARGET].noun;
	put_heading(&p, INK_DIM, noun);
	put_cut(&p, noun, q->target_lost, q->is_partial, row.target, row.target_len,
		q->target_kept);
	put_pieces(&p, v, q->target_piece, q->target_id, q->n_target);
}
