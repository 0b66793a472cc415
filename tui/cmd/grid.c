/*
 * grid.c - a small table as text with aligned columns, or as Markdown.
 */
#include "grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "text/utf8.h"

void grid_put(struct grid *g, const char *text)
{
	size_t n = (size_t)g->n, cap = (size_t)g->cap;
	struct buf b;

	buf_init(&b);
	text_sanitize(&b, text, strlen(text));
	ARRAY_GROW(g->cell, n, cap);
	g->cap = (int)cap;
	g->cell[g->n++] = b.s ? buf_take(&b) : xstrdup("");
}

void grid_putf(struct grid *g, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	grid_put(g, text);
}

static void put_cell(struct buf *out, const char *s, int width, bool left)
{
	int pad = width - text_columns(s, strlen(s));

	if (left)
		buf_adds(out, s);
	for (int i = 0; i < pad; i++)
		buf_addc(out, ' ');
	if (!left)
		buf_adds(out, s);
}

/* A bar within a cell would end it. */
static void put_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '|' || *s == '*' || *s == '\\')
			buf_addc(out, '\\');
		buf_addc(out, *s);
	}
}

static void write_markdown(const struct grid *g, struct buf *out)
{
	for (int i = 0; i < g->n; i += g->columns) {
		for (int k = 0; k < g->columns; k++) {
			buf_adds(out, "| ");
			put_escaped(out, g->cell[i + k]);
			buf_addc(out, ' ');
		}
		buf_adds(out, "|\n");
		for (int k = 0; !i && k < g->columns; k++)
			buf_adds(out, k < g->left ? "|:---" : "|---:");
		buf_adds(out, !i ? "|\n" : "");
	}
}

static void write_text(const struct grid *g, struct buf *out)
{
	int width[GRID_COLUMNS] = { 0 };

	for (int i = 0; i < g->n; i++) {
		int w = text_columns(g->cell[i], strlen(g->cell[i])), *at = &width[i % g->columns];

		*at = w > *at ? w : *at;
	}
	for (int i = 0; i < g->n; i++) {
		int k = i % g->columns;

		if (k)
			buf_adds(out, "  ");
		put_cell(out, g->cell[i], width[k], k < g->left);
		if (k + 1 < g->columns)
			continue;
		while (out->len && out->s[out->len - 1] == ' ')
			out->s[--out->len] = '\0';
		buf_addc(out, '\n');
	}
}

void grid_write(struct grid *g, bool markdown, struct buf *out)
{
	BUG_IF(g->columns > GRID_COLUMNS || g->n % g->columns);
	if (markdown)
		write_markdown(g, out);
	else
		write_text(g, out);
	for (int i = 0; i < g->n; i++)
		xfree(g->cell[i]);
	xfree(g->cell);
	g->cell = NULL;
	g->n = g->cap = 0;
}
