/*
 * draw.c - text that is clipped by columns, boxes, bars.
 */
#include "canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "text/utf8.h"

/* The glyphs of our own screens and what stands for them in ASCII. */
static const struct {
	uint32_t ch;
	char plain;
} plain_table[] = {
	{0x00b7, '.'}, {0x00d7, 'x'}, {0x00b1, '~'}, {0x2026, '~'}, {0x2013, '-'},
	{0x2190, '<'}, {0x2191, '^'}, {0x2192, '>'}, {0x2193, 'v'}, {0x2212, '-'},
	{0x2500, '-'}, {0x2501, '='}, {0x2502, '|'}, {0x2503, '|'}, {0x250a, ':'},
	{0x250c, '+'}, {0x2510, '+'}, {0x2514, '+'}, {0x2518, '+'}, {0x256d, '+'},
	{0x256e, '+'}, {0x256f, '+'}, {0x2570, '+'}, {0x251c, '+'}, {0x2524, '+'},
	{0x252c, '+'}, {0x2534, '+'}, {0x253c, '+'}, {0x2588, '#'}, {0x2591, '.'},
	{0x2592, ':'}, {0x2593, '%'}, {0x25b2, '^'}, {0x25bc, 'v'}, {0x25b8, '>'},
	{0x25cf, '*'}, {0x25cb, 'o'}, {0x2713, '+'}, {0x2717, 'x'}, {0x2581, '_'},
	{0x2582, '_'}, {0x2583, '.'}, {0x2584, '='}, {0x2585, '='}, {0x2586, '#'},
	{0x2587, '#'}, {0x258f, '|'}, {0x258e, '|'}, {0x258d, '|'}, {0x258c, '|'},
	{0x258b, '#'}, {0x258a, '#'}, {0x2589, '#'}, {0x215b, '<'}, {0x2506, ':'},
	{0x2550, '='},
};

static uint32_t shown(const struct canvas *c, uint32_t ch)
{
	if (ch < 0x80 || (c->fancy && c->utf8))
		return ch;
	for (size_t i = 0; i < sizeof plain_table / sizeof *plain_table; i++)
		if (plain_table[i].ch == ch)
			return (uint32_t)plain_table[i].plain;
	return c->utf8 ? ch : '?';
}

void draw_cell(struct canvas *c, int y, int x, uint32_t ch, enum ink ink)
{
	struct cell *k = canvas_at(c, y, x);

	if (!k)
		return;
	*k = (struct cell){.ch = shown(c, ch), .ink = (uint8_t)ink, .paper = c->paper,
			   .flags = c->flags};
}

/* Columns of one code point: 0 for a combining mark. */
static int columns_of(const char *s, int bytes, uint32_t cp)
{
	return cp < 0x80 ? 1 : text_columns(s, (size_t)bytes);
}

/* Draws valid one-line UTF-8; a character that does not fit ends it. */
static int put_run(struct canvas *c, int y, int x, int w, enum ink ink, const char *s,
		   size_t len)
{
	int used = 0;

	for (size_t i = 0; i < len;) {
		uint32_t cp;
		int bytes = utf8_next(s + i, len - i, &cp);
		int cols = bytes ? columns_of(s + i, bytes, cp) : 1;
		struct cell *before = used ? canvas_at(c, y, x + used - 1) : NULL;

		if (!bytes)
			bytes = 1, cp = '?';
		i += (size_t)bytes;
		if (cols == 0) {
			for (int m = 0; before && c->utf8 && m < CELL_MARKS; m++)
				if (!before->mark[m]) {
					before->mark[m] = cp;
					break;
				}
			continue;
		}
		if (used + cols > w)
			break;
		draw_cell(c, y, x + used, cp, ink);
		if (cols == 2 && canvas_at(c, y, x + used + 1)) {
			draw_cell(c, y, x + used + 1, ' ', ink);
			if (c->utf8)
				canvas_at(c, y, x + used + 1)->flags |= CELL_TAIL;
		} else if (cols == 2) {
			draw_cell(c, y, x + used, '?', ink); /* half of it outside */
		}
		used += cols;
	}
	return used;
}

int draw_text(struct canvas *c, int y, int x, int w, enum ink ink, const char *s)
{
	return put_run(c, y, x, w, ink, s, strlen(s));
}

int draw_textf(struct canvas *c, int y, int x, int w, enum ink ink, const char *fmt,
	       ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return draw_text(c, y, x, w, ink, text);
}

int draw_right(struct canvas *c, int y, int end, int w, enum ink ink, const char *s)
{
	int cols = text_columns(s, strlen(s));

	if (cols > w)
		cols = w;
	return draw_text(c, y, end - cols, cols, ink, s);
}

/*
 * As much of a long text as fills more than w columns for sure: a column is at
 * most a base and two marks of four bytes each. Lines of a megabyte come by.
 */
static size_t enough_for(int w, const char *s, size_t len)
{
	size_t n = 12 * ((size_t)w + 2);

	if (n >= len)
		return len;
	for (int k = 0; k < 3 && ((unsigned char)s[n] & 0xc0) == 0x80; k++)
		n--; /* no character is cut */
	return n;
}

int draw_foreign_n(struct canvas *c, int y, int x, int w, enum ink ink, const char *s,
		   size_t len)
{
	struct buf b;
	int used;

	if (w <= 0)
		return 0;
	len = enough_for(w, s, len);
	buf_init(&b);
	text_sanitize(&b, s, len);
	if (text_columns(buf_str(&b), b.len) <= w) {
		used = put_run(c, y, x, w, ink, buf_str(&b), b.len);
	} else {
		used = put_run(c, y, x, w - 1, ink, b.s, b.len);
		used += draw_text(c, y, x + used, 1, INK_DIM, "…");
	}
	buf_release(&b);
	return used;
}

int draw_foreign(struct canvas *c, int y, int x, int w, enum ink ink, const char *s)
{
	return draw_foreign_n(c, y, x, w, ink, s, strlen(s));
}

/* The byte from which on the text has w columns at most. */
static size_t tail_from(const char *s, size_t len, int w)
{
	size_t at = len > 12 * ((size_t)w + 2) ? len - 12 * ((size_t)w + 2) : 0;

	for (;; at++) {
		while (at < len && ((unsigned char)s[at] & 0xc0) == 0x80)
			at++; /* no character is cut */
		if (at >= len || text_columns(s + at, len - at) <= w)
			return at;
	}
}

bool short_name(char *out, size_t cap, const char *s, int w)
{
	struct buf b;
	size_t head, tail;
	bool is_cut;

	buf_init(&b);
	text_sanitize(&b, s, strlen(s));
	is_cut = text_columns(buf_str(&b), b.len) > w;
	if (is_cut && w < 3) {
		str_copy(out, cap, s); /* no room for two ends */
	} else if (is_cut) {
		tail = tail_from(b.s, b.len, (w - 1) / 2);
		head = enough_for(w, b.s, b.len);
		while (head && (((unsigned char)b.s[head] & 0xc0) == 0x80 ||
				text_columns(b.s, head) > w - 1 - (w - 1) / 2))
			head--;
		str_format(out, cap, "%.*s…%s", (int)head, b.s, b.s + tail);
	} else {
		str_copy(out, cap, buf_str(&b));
	}
	buf_release(&b);
	return is_cut;
}

int draw_name(struct canvas *c, int y, int x, int w, enum ink ink, const char *s)
{
	char text[512];

	short_name(text, sizeof text, s, w);
	return draw_foreign(c, y, x, w, ink, text);
}

int foreign_columns(const char *s, size_t len)
{
	struct buf b;
	int cols;

	buf_init(&b);
	text_sanitize(&b, s, len);
	cols = text_columns(buf_str(&b), b.len);
	buf_release(&b);
	return cols;
}

size_t foreign_cut(const char *s, size_t len, size_t at)
{
	uint32_t cp;
	int n;

	while (at > 0 && at < len && (n = utf8_next(s + at, len - at, &cp)) > 0 &&
	       columns_of(s + at, n, cp) == 0)
		at += (size_t)n;
	return at;
}

void draw_fill(struct canvas *c, struct rect r)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			draw_cell(c, y, x, ' ', INK_TEXT);
}

void draw_paper(struct canvas *c, struct rect r, enum paper p)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++) {
			struct cell *k = canvas_at(c, y, x);

			if (k)
				k->paper = (uint8_t)p;
		}
}

void draw_rule(struct canvas *c, int y, int x, int w, enum ink ink)
{
	for (int i = 0; i < w; i++)
		draw_cell(c, y, x + i, 0x2500, ink);
}

void draw_box(struct canvas *c, struct rect r, enum ink ink)
{
	int bottom = r.y + r.h - 1, right = r.x + r.w - 1;

	if (r.h < 2 || r.w < 2)
		return;
	draw_rule(c, r.y, r.x, r.w, ink);
	draw_rule(c, bottom, r.x, r.w, ink);
	for (int y = r.y + 1; y < bottom; y++) {
		draw_cell(c, y, r.x, 0x2502, ink);
		draw_cell(c, y, right, 0x2502, ink);
	}
	draw_cell(c, r.y, r.x, 0x256d, ink);
	draw_cell(c, r.y, right, 0x256e, ink);
	draw_cell(c, bottom, r.x, 0x2570, ink);
	draw_cell(c, bottom, right, 0x256f, ink);
}

void draw_titled_box(struct canvas *c, struct rect r, const char *title,
		     const char *remark)
{
	int used = 0;

	draw_box(c, r, INK_FRAME);
	if (r.w < 8 || r.h < 1)
		return;
	if (title) {
		uint8_t flags = c->flags;

		c->flags |= CELL_BOLD;
		used = draw_foreign(c, r.y, r.x + 3, r.w - 6, INK_STRONG, title);
		c->flags = flags;
		draw_cell(c, r.y, r.x + 2, ' ', INK_TEXT);
		draw_cell(c, r.y, r.x + 3 + used, ' ', INK_TEXT);
	}
	if (remark) {
		int cols = foreign_columns(remark, strlen(remark));
		int end = r.x + r.w - 3;

		if (cols + used + 10 > r.w)
			return;
		draw_foreign(c, r.y, end - cols, cols, INK_DIM, remark);
		draw_cell(c, r.y, end, ' ', INK_TEXT);
		draw_cell(c, r.y, end - cols - 1, ' ', INK_TEXT);
	}
}

void draw_bar(struct canvas *c, int y, int x, int w, double part, enum ink ink)
{
	int eighths;

	if (!(part > 0))
		part = 0;
	if (part > 1)
		part = 1;
	eighths = (int)(part * w * 8 + 0.5);
	for (int i = 0; i < w; i++, eighths -= 8) {
		if (eighths >= 8)
			draw_cell(c, y, x + i, 0x2588, ink);
		else if (eighths > 0 && c->fancy)
			draw_cell(c, y, x + i, 0x2590 - (uint32_t)eighths, ink);
		else if (eighths >= 4)
			draw_cell(c, y, x + i, '#', ink);
		else
			draw_cell(c, y, x + i, ' ', ink);
	}
}

void draw_span(struct canvas *c, int y, int x, int from, int to, enum ink ink)
{
	for (int row = from / 8; row * 8 < to; row++) {
		int top = from > row * 8 ? from - row * 8 : 0;
		int end = to < row * 8 + 8 ? to - row * 8 : 8;
		uint8_t flags = c->flags;

		if (!c->fancy) {
			if (end - top >= 4)
				draw_cell(c, y + row, x, '#', ink);
			continue;
		}
		if (top == 0 && end < 8) { /* upper part: what is below, reversed */
			c->flags |= CELL_REVERSE;
			draw_cell(c, y + row, x, 0x2580 + (uint32_t)(8 - end), ink);
			c->flags = flags;
		} else if (end > top) {
			draw_cell(c, y + row, x, 0x2580 + (uint32_t)(8 - top), ink);
		}
	}
}

void draw_spark(struct canvas *c, int y, int x, const double *v, int n, enum ink ink)
{
	static const char plain[] = "_..--==##";

	for (int i = 0; i < n; i++) {
		double part = v[i] > 0 ? (v[i] < 1 ? v[i] : 1) : 0;
		int k = (int)(part * 7.999);

		if (!(v[i] == v[i]))
			draw_cell(c, y, x + i, ' ', ink);
		else if (c->fancy)
			draw_cell(c, y, x + i, 0x2581 + (uint32_t)k, ink);
		else
			draw_cell(c, y, x + i, (uint32_t)plain[k], ink);
	}
}

enum ink ink_channel(int channel)
{
	return (enum ink)(INK_CHANNEL + channel % CHANNEL_INKS);
}

char channel_letter(int channel)
{
	return channel < 26 ? (char)('A' + channel) : '+';
}

char channel_mark(int channel)
{
	static const char mark[] = "ox+*#@%&=$^vABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789abcdefghijklmn";

	return mark[channel % (int)(sizeof mark - 1)];
}

void draw_nothing(struct canvas *c, struct rect body, const char *why)
{
	int w = foreign_columns(why, strlen(why));

	draw_foreign(c, body.y + body.h / 2,
		     body.x + (body.w > w ? (body.w - w) / 2 : 0), body.w, INK_DIM,
		     why);
}
