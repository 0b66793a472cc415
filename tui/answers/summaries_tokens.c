/*
 * summaries_tokens.c - a kept summary piece by piece: how sure the model was, how
 * much it copied, and which places of the source it looked at.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "summaries_own.h"
#include "text/tokenizer.h"
#include "ui/keys.h"

enum { LOOKS = sizeof((struct piece *)0)->place / sizeof(int) };

/* --- reading --- */

static void read_looks(struct piece *p, const struct json *from, const struct json *list)
{
	int64_t at;

	if (list && json_type(list) == JSON_ARRAY)
		for (const struct json *k = json_first(list); k && p->n_look < LOOKS;
		     k = json_next(k)) {
			const struct json *share = json_next(k);

			if (!share || json_type(share) != JSON_NUMBER ||
			    !json_int(k, &at) || at < 0 || at > WORDS_MAX)
				return;
			p->place[p->n_look] = (int)at;
			p->share[p->n_look++] = json_number(share);
			k = share;
		}
	if (!p->n_look && json_int(from, &at) && at >= 0 && at <= WORDS_MAX) {
		p->place[p->n_look] = (int)at; /* a run that kept no shares */
		p->share[p->n_look++] = NAN;
	}
}

/* [text, p, gate, source piece, [place, share, ..]] */
static bool read_piece(struct piece *p, const struct json *row)
{
	const struct json *text = NULL, *prob = NULL, *gate = NULL, *from = NULL;

	if (json_type(row) == JSON_ARRAY && json_len(row) >= 4) {
		text = json_first(row);
		prob = json_next(text);
		gate = json_next(prob);
		from = json_next(gate);
	}
	if (!from || json_type(text) != JSON_STRING || json_type(prob) != JSON_NUMBER)
		return false;
	*p = (struct piece){.text = json_string(text), .p = json_number(prob),
			    .gate = NAN, .word = -1};
	if (json_type(gate) == JSON_NUMBER)
		p->gate = json_number(gate);
	if (json_type(from) == JSON_NUMBER)
		read_looks(p, from, json_next(from));
	return true;
}

static const struct json *list_of(const struct json *doc, const char *key)
{
	const struct json *list = json_type(doc) == JSON_OBJECT ? json_get(doc, key) : NULL;

	return list && json_type(list) == JSON_ARRAY ? list : NULL;
}

static void read_lists(struct pieces *p, const struct json *pieces,
		       const struct json *source)
{
	p->piece = xcalloc((size_t)json_len(pieces) + 1, sizeof *p->piece);
	p->source = xcalloc((size_t)json_len(source) + 1, sizeof *p->source);
	for (const struct json *k = json_first(pieces); k; k = json_next(k))
		if (read_piece(&p->piece[p->n], k))
			p->n++;
	for (const struct json *k = json_first(source); k; k = json_next(k))
		p->source[p->n_source++] =
			json_type(k) == JSON_STRING ? json_string(k) : "";
}

/* --- places --- */

/* The word that holds byte `at` of the text, from word `from` on; -1: none. */
static int word_at(const struct placed_text *t, uint32_t at, int from)
{
	for (int i = from; i < t->n; i++) {
		size_t start = (size_t)(t->word[i].s - t->text);

		if (at < start + t->word[i].n)
			return at >= start ? i : -1;
	}
	return -1;
}

/* Which word each piece belongs to; true: the text goes on after the last. */
static bool place(const struct tokenizer_kind *k, const struct placed_text *t,
		  const char *const *piece, int n, int *word)
{
	struct token_span *span = xcalloc((size_t)n + 1, sizeof *span);
	bool goes_on = tokenizer_places(k, t->text, strlen(t->text), piece, n, span);
	int from = 0;

	for (int i = 0; i < n; i++) {
		word[i] = -1;
		if (!t->word || span[i].start == span[i].end)
			continue;
		word[i] = word_at(t, span[i].start, from);
		if (word[i] >= 0)
			from = word[i];
	}
	xfree(span);
	return goes_on;
}

static void place_output(struct pieces *p, const struct tokenizer_kind *kind,
			 const struct placed_text *output)
{
	const char **text = xcalloc((size_t)p->n + 1, sizeof *text);
	int *word = xcalloc((size_t)p->n + 1, sizeof *word);

	for (int i = 0; i < p->n; i++)
		text[i] = p->piece[i].text;
	place(kind, output, text, p->n, word);
	for (int i = 0; i < p->n; i++)
		p->piece[i].word = word[i];
	xfree(text);
	xfree(word);
}

void pieces_read(struct pieces *p, const char *detail, const struct tokenizer_kind *kind,
		 const struct placed_text *source, const struct placed_text *output)
{
	const struct json *pieces, *from;

	memset(p, 0, sizeof *p);
	if (!detail ||
	    json_parse(detail, strlen(detail), "detail", &p->doc, NULL) != ST_OK)
		return;
	pieces = list_of(p->doc, "pieces");
	from = list_of(p->doc, "source");
	if (!pieces || !from)
		return;
	read_lists(p, pieces, from);
	p->source_word = xcalloc((size_t)p->n_source + 1, sizeof *p->source_word);
	p->is_cut = place(kind, source, p->source, p->n_source, p->source_word) &&
		    p->n_source > 0;
	if (output->word)
		place_output(p, kind, output);
}

void pieces_release(struct pieces *p)
{
	xfree(p->piece);
	xfree(p->source);
	xfree(p->source_word);
	json_free(p->doc);
	memset(p, 0, sizeof *p);
}

static int heat_of(double share)
{
	return share >= .5 || isnan(share) ? 3 : share >= .2 ? 2 : share >= .05 ? 1 : 0;
}

void pieces_mark(const struct pieces *p, int i, struct word *source, int n_source,
		 struct word *output, int n_output)
{
	const struct piece *k;

	if (i < 0 || i >= p->n)
		return;
	k = &p->piece[i];
	if (k->word >= 0 && k->word < n_output)
		output[k->word].is_chosen = true;
	for (int l = 0; l < k->n_look; l++) {
		int w = k->place[l] < p->n_source ? p->source_word[k->place[l]] : -1;
		int heat = heat_of(k->share[l]);

		if (w >= 0 && w < n_source && heat > source[w].heat)
			source[w].heat = heat;
	}
}

/* --- drawing --- */

enum { LEAD = 6, CELL_MIN = 4, CELL_MAX = 12 };

static int cell_columns(const struct piece *p)
{
	int w = foreign_columns(p->text, strlen(p->text));

	return w < CELL_MIN ? CELL_MIN : w > CELL_MAX ? CELL_MAX : w;
}

/* The first piece to show so that `chosen` is well within w columns. */
static int first_shown(const struct pieces *p, int chosen, int w)
{
	int first = chosen < 0 ? 0 : chosen, used = 0;

	while (first > 0) {
		used += cell_columns(&p->piece[first]) + 1;
		if (used + cell_columns(&p->piece[first - 1]) > w / 2)
			break;
		first--;
	}
	for (used = 0; first > 0; first--) { /* no empty room at the end */
		used = 0;
		for (int i = first - 1; i < p->n; i++)
			used += cell_columns(&p->piece[i]) + 1;
		if (used > w)
			break;
	}
	return first;
}

/* That a part is not kept is no fault. */
static enum ink ink_of(const struct pieces *of, double p)
{
	if (of->is_units)
		return p >= .5 ? INK_GOOD : INK_DIM;
	return p >= .6 ? INK_GOOD : p >= .3 ? INK_WARN : INK_BAD;
}

static const char *share_text(char out[16], double x)
{
	if (isnan(x))
		return "";
	snprintf(out, 16, x >= .995 ? "1.0" : "%.2f", x);
	return out[0] == '0' ? out + 1 : out; /* .97 */
}

static void draw_cells(struct canvas *c, struct rect r, const struct pieces *p,
		       int chosen)
{
	int x = r.x + LEAD;

	for (int i = first_shown(p, chosen, r.w - LEAD); i < p->n; i++) {
		const struct piece *k = &p->piece[i];
		int w = cell_columns(k);
		char number[16];

		if (x + w > r.x + r.w)
			break;
		draw_zone(c, (struct rect){r.y, x, r.h, w}, i, DO_NONE, 0);
		c->paper = i == chosen ? PAPER_TAB : PAPER_NONE;
		draw_foreign(c, r.y, x, w, INK_TEXT, k->text);
		c->paper = PAPER_NONE;
		if (r.h >= 2)
			draw_text(c, r.y + 1, x, w, ink_of(p, k->p), share_text(number, k->p));
		if (r.h >= 3 && isfinite(k->gate))
			draw_bar(c, r.y + 2, x, CELL_MIN, 1 - k->gate, INK_MARK);
		x += w + 1;
	}
}

/* "looks at  tomorrow .81  you .10": whole words where they are known. */
static int draw_looks(struct canvas *c, int y, int x, int end, const struct pieces *p,
		      const struct piece *k)
{
	int from = x;

	if (!k->n_look)
		return 0;
	x += draw_text(c, y, x, end - x, INK_DIM, "looks at ");
	for (int l = 0; l < k->n_look; l++) {
		const char *text = k->place[l] < p->n_source ? p->source[k->place[l]] : "?";
		char number[16];
		int w = foreign_columns(text, strlen(text)) + 6;

		if (x + w > end)
			break;
		x += draw_foreign(c, y, x, end - x, l ? INK_TEXT : INK_STRONG, text) + 1;
		x += draw_text(c, y, x, end - x, INK_DIM, share_text(number, k->share[l])) +
		     2;
	}
	return x - from;
}

/* A model without a copy gate copies nothing by itself, and does not say where it looked. */
#define NO_GATE "no copy gate, so where it looked is not known"
static bool has_gate(const struct pieces *p)
{
	for (int i = 0; i < p->n; i++)
		if (isfinite(p->piece[i].gate))
			return true;
	return false;
}

static bool has_looks(const struct pieces *p)
{
	for (int i = 0; i < p->n; i++)
		if (p->piece[i].n_look)
			return true;
	return false;
}

/* What is known of the piece under the cursor. */
static void draw_chosen(struct canvas *c, struct rect r, const struct pieces *p, int chosen)
{
	const struct piece *k = &p->piece[chosen];
	int x = r.x, end = r.x + r.w;
	char number[16];

	x += draw_textf(c, r.y, x, end - x, INK_DIM, "%d of %d", chosen + 1, p->n) + 2;
	if (r.h == 1) {
		c->flags = CELL_BOLD;
		x += draw_foreign(c, r.y, x, 14, INK_STRONG, k->text) + 2;
		c->flags = 0;
	}
	x += draw_text(c, r.y, x, end - x, INK_DIM, "p ");
	x += draw_text(c, r.y, x, end - x, ink_of(p, k->p), share_text(number, k->p)) + 2;
	if (isfinite(k->gate)) {
		x += draw_text(c, r.y, x, end - x, INK_DIM, "copied ");
		x += draw_text(c, r.y, x, end - x, INK_MARK,
			       share_text(number, 1 - k->gate)) + 2;
	}
	if (p->is_units)
		return;
	if (r.h == 1 && !has_gate(p))
		draw_text(c, r.y, x, end - x, INK_DIM, NO_GATE);
	else if (r.h >= 2)
		draw_looks(c, r.y + 1, r.x, end, p, k);
	else
		draw_looks(c, r.y, x, end, p, k);
}

static void draw_boxed(struct canvas *c, struct rect r, const struct pieces *p, int chosen)
{
	struct rect in = rect_cut(r, 1, 2, 1, 2);

	draw_titled_box(c, r, p->is_units ? "how likely each is kept" : "piece by piece", "h l");
	draw_text(c, in.y + 1, in.x, LEAD, INK_DIM, "p");
	if (in.h >= 3 && !p->is_units)
		draw_text(c, in.y + 2, in.x, in.w, INK_DIM, has_gate(p) ? "copy" : NO_GATE);
	draw_cells(c, in, p, chosen);
	if (in.h >= 5 && chosen >= 0)
		draw_chosen(c, rect_cut(in, in.h - 2, 0, 0, 0), p, chosen);
	else if (in.h >= 5)
		draw_text(c, in.y + in.h - 1, in.x, in.w, INK_DIM,
			  p->is_units ? "h l choose one: the source shows where it is" :
			  has_looks(p) ? "h l choose a piece: what it looked at is marked" :
					 "h l choose a piece");
}

void draw_pieces(struct canvas *c, struct rect r, const struct pieces *p, int chosen,
		 bool is_boxed)
{
	if (r.h < 2 || !p->n)
		return;
	if (chosen >= p->n)
		chosen = p->n - 1;
	if (is_boxed) {
		draw_boxed(c, r, p, chosen);
		return;
	}
	r = rect_cut(r, 0, 1, 0, 1);
	if (chosen >= 0) {
		draw_cells(c, (struct rect){r.y, r.x - LEAD, 1, r.w + LEAD}, p, chosen);
		draw_chosen(c, (struct rect){r.y + 1, r.x, 1, r.w}, p, chosen);
	} else {
		draw_cells(c, (struct rect){r.y, r.x - LEAD, 2, r.w + LEAD}, p, -1);
	}
}

void draw_no_pieces(struct canvas *c, struct rect r, bool is_boxed)
{
	if (r.h < 1)
		return;
	if (is_boxed && r.h >= 3)
		draw_titled_box(c, r, "piece by piece", NULL);
	r = is_boxed ? rect_cut(r, 1, 2, 1, 2) : rect_cut(r, 0, 1, 0, 1);
	draw_text(c, r.y, r.x, r.w, INK_DIM, "imported: of its pieces nothing is known");
}
