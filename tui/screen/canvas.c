/*
 * canvas.c - the sheet of cells, its zones, rectangles cut from rectangles.
 */
#include "canvas.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "text/utf8.h"

void canvas_init(struct canvas *c)
{
	memset(c, 0, sizeof *c);
	c->cursor_y = c->cursor_x = -1;
}

void canvas_release(struct canvas *c)
{
	xfree(c->cell);
	c->cell = NULL;
	c->rows = c->cols = 0;
}

void canvas_clear(struct canvas *c)
{
	for (int i = 0; i < c->rows * c->cols; i++)
		c->cell[i] = (struct cell){.ch = ' '};
	c->cursor_y = c->cursor_x = -1;
	c->paper = PAPER_NONE;
	c->flags = 0;
	c->n_zones = 0;
}

void draw_zone(struct canvas *c, struct rect r, int choose, int action, int arg)
{
	if (c->n_zones < ZONES_MAX)
		c->zone[c->n_zones++] = (struct zone){r, choose, action, arg};
}

const struct zone *canvas_zone(const struct canvas *c, int y, int x)
{
	for (int i = c->n_zones - 1; i >= 0; i--) {
		const struct rect *r = &c->zone[i].r;

		if (y >= r->y && y < r->y + r->h && x >= r->x && x < r->x + r->w)
			return &c->zone[i];
	}
	return NULL;
}

void canvas_resize(struct canvas *c, int rows, int cols)
{
	if (rows < 1)
		rows = 1;
	if (cols < 1)
		cols = 1;
	if (rows != c->rows || cols != c->cols) {
		xfree(c->cell);
		c->cell = xcalloc((size_t)rows * (size_t)cols, sizeof *c->cell);
		c->rows = rows;
		c->cols = cols;
	}
	canvas_clear(c);
}

struct cell *canvas_at(struct canvas *c, int y, int x)
{
	if (y < 0 || x < 0 || y >= c->rows || x >= c->cols)
		return NULL;
	return &c->cell[y * c->cols + x];
}

char *canvas_line(const struct canvas *c, int y)
{
	struct buf b;

	buf_init(&b);
	for (int x = 0; x < c->cols; x++) {
		const struct cell *k = &c->cell[y * c->cols + x];
		char bytes[4];

		if (k->flags & CELL_TAIL)
			continue;
		buf_add(&b, bytes, (size_t)utf8_put(k->ch, bytes));
		for (int m = 0; m < CELL_MARKS && k->mark[m]; m++)
			buf_add(&b, bytes, (size_t)utf8_put(k->mark[m], bytes));
	}
	while (b.len && b.s[b.len - 1] == ' ')
		b.s[--b.len] = '\0';
	return b.s ? buf_take(&b) : xstrdup("");
}

struct rect rect_cut(struct rect r, int top, int right, int bottom, int left)
{
	r.y += top;
	r.x += left;
	r.h -= top + bottom;
	r.w -= left + right;
	if (r.h < 0)
		r.h = 0;
	if (r.w < 0)
		r.w = 0;
	return r;
}

struct rect rect_top(struct rect *r, int h)
{
	struct rect top = *r;

	top.h = h < 0 ? 0 : h < r->h ? h : r->h;
	r->y += top.h;
	r->h -= top.h;
	return top;
}

struct rect rect_bottom(struct rect *r, int h)
{
	struct rect low = *r;

	low.h = h < 0 ? 0 : h < r->h ? h : r->h;
	r->h -= low.h;
	low.y = r->y + r->h;
	return low;
}

struct rect rect_left(struct rect *r, int w)
{
	struct rect left = *r;

	left.w = w < 0 ? 0 : w < r->w ? w : r->w;
	r->x += left.w;
	r->w -= left.w;
	return left;
}
