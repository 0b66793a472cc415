/*
 * entry_draw.c - a journal entry in one row.
 */
#include "entry_draw.h"

#include <string.h>

#include "base/str.h"

/* Bytes of the command without its last word, when that is what `after` says. */
static size_t without_value(const struct journal_entry *e)
{
	const char *last = strrchr(e->command, ' ');
	double said, got;

	if (!last || !e->before[0] || !e->after[0])
		return strlen(e->command);
	if (str_eq(last + 1, e->after) ||
	    (parse_double(last + 1, &said) && parse_double(e->after, &got)))
		return (size_t)(last - e->command);
	return strlen(e->command);
}

/* "  12,100  you     weight samsum 1.41 -> 2" */
int draw_entry(struct canvas *c, int y, int x, int w, const struct journal_entry *e)
{
	static const enum ink who[WHO_COUNT] = {INK_MARK, INK_LINK, INK_WARN, INK_DIM};
	size_t n = without_value(e);
	char number[24];
	int from = x;

	draw_right(c, y, x + 9, 9, INK_DIM, fmt_count(number, e->step));
	x += 11;
	draw_text(c, y, x, 6, who[e->who < WHO_COUNT ? e->who : 0],
		  journal_who_name(e->who));
	x += 8;
	if (x - from >= w)
		return w;
	x += draw_foreign_n(c, y, x, w - (x - from), INK_TEXT, e->command, n);
	x += e->command[n] ? 1 : 3;
	if ((e->before[0] || e->after[0]) && x - from < w - 8) {
		x += draw_foreign(c, y, x, w - (x - from), INK_DIM, e->before);
		x += draw_text(c, y, x, w - (x - from), INK_DIM, " → ");
		x += draw_foreign(c, y, x, w - (x - from), INK_TEXT, e->after);
	}
	return x - from;
}
