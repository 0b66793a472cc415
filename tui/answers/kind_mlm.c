/*
 * kind_mlm.c - pieces of a text on the screen: the text as the model read it, and in each
 * hidden place what it put there, right or wrong; of a language model every piece, by how
 * well it was foreseen.
 */
#include <math.h>
#include <string.h>

#include "ask/ask_pieces.h"
#include "base/json.h"
#include "base/str.h"
#include "inspect_own.h"
#include "kind_view.h"

enum { BINS = 5, TRIED_FROM = 14 };

/* --- a piece and its place --- */

static const char *text_at(const struct json *list, int i)
{
	const struct json *n = list && json_type(list) == JSON_ARRAY ? json_first(list) : NULL;

	while (n && i-- > 0)
		n = json_next(n);
	return n && json_type(n) == JSON_STRING ? json_string(n) : "";
}

static double number_at(const struct json *list, int i)
{
	const struct json *n = json_type(list) == JSON_ARRAY ? json_first(list) : NULL;

	while (n && i-- > 0)
		n = json_next(n);
	return n && json_type(n) == JSON_NUMBER ? json_number(n) : NAN;
}

/* As ask_pieces.h has it: [place, piece, p, said, q]. */
enum { PLACE, PIECE, PIECE_P, SAID, SAID_P };

static bool is_right(const struct json *hidden)
{
	return str_eq(text_at(hidden, PIECE), text_at(hidden, SAID));
}

/* --- a text that was typed --- */

/* Of one place the likeliest pieces: "[MASK] cat 0.412  dog 0.113  ..". */
static int draw_place(struct canvas *c, struct rect r, int y, const struct json *place)
{
	int x = r.x + TRIED_FROM, end = r.x + r.w - 2;

	x += draw_text(c, y, x, end - x, INK_DIM, "[MASK]") + 1;
	for (const struct json *k = json_first(place); k && x + 12 < end; k = json_next(k)) {
		bool is_first = k == json_first(place);

		x += draw_foreign(c, y, x, end - x - 6, is_first ? INK_STRONG : INK_TEXT,
				  text_at(k, 0)) + 1;
		x += draw_textf(c, y, x, 6, INK_DIM, "%.3f", number_at(k, 1)) + 2;
	}
	return y + 1;
}

static int draw_tried(struct canvas *c, struct rect r, int y, const struct json *answer,
		      enum ink ink)
{
	const struct json *hidden = json_get(answer, "hidden");
	const struct json *place = hidden && json_type(hidden) == JSON_ARRAY ?
				   json_first(hidden) : NULL;

	(void)ink;
	if (!place) {
		draw_text(c, y, r.x + TRIED_FROM, r.w - TRIED_FROM - 2, INK_DIM,
			  "type [MASK] where a piece is to be put back");
		return y + 1;
	}
	for (; place && y < r.y + r.h; place = json_next(place))
		if (json_type(place) == JSON_ARRAY)
			y = draw_place(c, r, y, place);
	return y;
}

static int draw_perplexity(struct canvas *c, struct rect r, int y,
			   const struct json *answer, enum ink ink)
{
	const struct json *value = json_get(answer, "perplexity");

	(void)ink;
	if (value && json_type(value) == JSON_NUMBER)
		draw_textf(c, y, r.x + TRIED_FROM, 30, INK_STRONG, "perplexity %.4g",
			   json_number(value));
	return y + 1;
}

/* --- a set of rows --- */

static double wrong_share(const struct prediction *p)
{
	int n = pieces_count(p);

	return n ? 1 - (double)pieces_right(p) / n : (double)NAN;
}

static double right_share(const struct prediction *p)
{
	return 1 - wrong_share(p);
}

/* Rows by the share of their hidden pieces that were right. */
static void draw_figures(struct canvas *c, const struct ui *ui,
			 const struct inspect_layout *l)
{
	static const char *const name[BINS] = { "0 to 20%", "to 40%", "to 60%", "to 80%",
						"to 100%" };
	const struct results *d = &inspect_of(ui)->data;
	struct rect r = l->matrix;
	int n[BINS] = { 0 }, most = 1, asked = 0, right = 0;
	char remark[48], a[24], b[24];

	if (l->calibration.w)
		r.w = l->calibration.x + l->calibration.w - r.x;
	if (r.h < 3 || r.w < 24)
		return;
	for (int i = 0; i < d->set.n; i++) {
		double share = right_share(&d->set.p[i]);
		int bin = isnan(share) ? 0 : (int)(share * BINS);

		n[bin >= BINS ? BINS - 1 : bin]++;
		asked += pieces_count(&d->set.p[i]);
		right += pieces_right(&d->set.p[i]);
	}
	for (int i = 0; i < BINS; i++)
		most = n[i] > most ? n[i] : most;
	str_format(remark, sizeof remark, "%s of %s right", fmt_count(a, right),
		   fmt_count(b, asked));
	draw_titled_box(c, r, "rows by right pieces", remark);
	for (int i = 0; i < BINS && i < r.h - 2; i++) {
		draw_text(c, r.y + 1 + i, r.x + 2, 9, INK_DIM, name[i]);
		draw_bar(c, r.y + 1 + i, r.x + 12, r.w - 22, (double)n[i] / most,
			 ink_channel(d->task));
		draw_right(c, r.y + 1 + i, r.x + r.w - 2, 7, INK_TEXT, fmt_count(a, n[i]));
	}
}

static void list_title(const struct results *d, char out[128])
{
	(void)d;
	str_copy(out, 128, "rows");
}

static void list_names(const struct results *d, char out[96], bool wide)
{
	(void)d;
	(void)wide;
	str_copy(out, 96, "row    pieces  right ");
}

static int draw_columns(struct canvas *c, const struct results *d,
			const struct prediction *p, int y, int x, bool wide)
{
	char text[24];

	(void)d;
	(void)wide;
	draw_right(c, y, x + 7, 7, INK_TEXT, fmt_count(text, pieces_count(p)));
	draw_right(c, y, x + 15, 7, pieces_right(p) == pieces_count(p) ? INK_GOOD : INK_TEXT,
		   fmt_count(text, pieces_right(p)));
	return x + 17;
}

/* --- one row --- */

static bool remark(const struct results *d, const struct prediction *p, int room,
		   char out[REMARK])
{
	(void)d;
	(void)room;
	str_format(out, REMARK, "%d of %d pieces right · loss %.2f a piece",
		   pieces_right(p), pieces_count(p), p->loss);
	return false;
}

/* A place to write at, within r, line by line. */
struct flow {
	struct canvas *c;
	struct rect r;
	int y, x;
};

static void put(struct flow *f, enum ink ink, const char *s)
{
	int w = foreign_columns(s, strlen(s));

	if (f->x > f->r.x && f->x + w > f->r.x + f->r.w) {
		f->y++;
		f->x = f->r.x;
	}
	if (f->y < f->r.y + f->r.h)
		f->x += draw_foreign(f->c, f->y, f->x, f->r.x + f->r.w - f->x, ink, s);
}

/* "cat" where it is right, else "dog(cat)": said, and what stood there. */
static void put_hidden(struct flow *f, const struct json *hidden)
{
	if (is_right(hidden)) {
		f->c->flags = CELL_BOLD;
		put(f, INK_GOOD, text_at(hidden, SAID));
		f->c->flags = 0;
		return;
	}
	put(f, INK_BAD, text_at(hidden, SAID));
	put(f, INK_DIM, "(");
	put(f, INK_GOOD, text_at(hidden, PIECE));
	put(f, INK_DIM, ")");
}

/* Of a language model, which says each piece before it reads it: was it right, near? */
static void put_next(struct flow *f, const struct json *next)
{
	bool is_near = number_at(next, PIECE_P) >= 0.1;

	put(f, is_right(next) ? INK_GOOD : is_near ? INK_TEXT : INK_DIM, text_at(next, PIECE));
}

static void draw_read(struct canvas *c, struct rect r, const struct json *detail,
		      void (*put_one)(struct flow *f, const struct json *hidden))
{
	const struct json *piece = json_get(detail, "pieces"), *hidden;
	struct flow f = { c, r, r.y, r.x };
	int i = 0;

	hidden = json_get(detail, "hidden");
	hidden = hidden && json_type(hidden) == JSON_ARRAY ? json_first(hidden) : NULL;
	piece = piece && json_type(piece) == JSON_ARRAY ? json_first(piece) : NULL;
	for (; piece; piece = json_next(piece), i++) {
		if (hidden && (int)number_at(hidden, PLACE) == i) {
			put_one(&f, hidden);
			hidden = json_next(hidden);
			if (!hidden && put_one == put_next)
				break; /* it was the last piece */
		} else if (json_type(piece) == JSON_STRING) {
			put(&f, INK_TEXT, json_string(piece));
		}
		put(&f, INK_TEXT, " ");
	}
}

enum { LINE_BYTES = 100 }; /* of JSON that make about a line of pieces */

static int low_lines(const struct results *d, const struct prediction *p)
{
	const char *end = p->detail ? strstr(p->detail, "\"hidden\":") : NULL;

	(void)d;
	return 2 + (end ? (int)(end - p->detail) / LINE_BYTES : 0);
}

typedef void put_answer(struct flow *f, const struct json *hidden);

static void draw_pieces(struct canvas *c, const struct results *d, struct rect r,
			const struct prediction *p, put_answer *put_one)
{
	struct json *doc = NULL;

	if (!p->detail || json_parse(p->detail, strlen(p->detail), "detail", &doc, NULL) ||
	    json_type(doc) != JSON_OBJECT)
		inspect_draw_past(c, d, r);
	else
		draw_read(c, r, doc, put_one);
	json_free(doc);
}

static void draw_hidden(struct canvas *c, const struct results *d,
			const struct prediction *p, struct rect r, enum ink ink)
{
	(void)ink;
	draw_pieces(c, d, r, p, put_hidden);
}

static void draw_said(struct canvas *c, const struct results *d,
		      const struct prediction *p, struct rect r, enum ink ink)
{
	(void)ink;
	draw_pieces(c, d, r, p, put_next);
}

static void put_row(struct json_out *j, const struct results *d,
		    const struct prediction *p)
{
	(void)d;
	json_put_int(j, "asked", pieces_count(p));
	json_put_int(j, "right", pieces_right(p));
}

#define PIECES                                                                 \
	.view = VIEW_INSPECT,                                                  \
	.unexplained = "a row has many pieces to say, and no one answer to explain", \
	.confidence = wrong_share, .confidence_name = "wrong pieces",          \
	.draw_figures = draw_figures, .list_title = list_title,                \
	.list_names = list_names, .draw_columns = draw_columns,                \
	.remark = remark, .low_lines = low_lines, .past_value = right_share,   \
	.past_name = "right pieces  ", .put_row = put_row

const struct view_kind view_kind_mlm = {
	PIECES,
	.draw_tried = draw_tried,
	.draw_low = draw_hidden,
};
const struct view_kind view_kind_lm = {
	PIECES,
	.draw_tried = draw_perplexity,
	.draw_low = draw_said,
};
