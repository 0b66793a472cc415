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

/* Has "BEFORE -> AFTER" room behind the command's first n bytes? */
static bool fits_values(const struct journal_entry *e, size_t n, int w)
{
	return foreign_columns(e->command, n) + 4 +
	       foreign_columns(e->before, strlen(e->before)) +
	       foreign_columns(e->after, strlen(e->after)) <= w;
}

const char *entry_refused(const struct journal_entry *e)
{
	static const char word[] = "note refused: ";

	if (!e->refused[0])
		return NULL;
	return str_starts(e->command, word) ? e->command + strlen(word) : e->command;
}

/* "refused lr 0.1: the plan does not allow..." */
static int draw_refused(struct canvas *c, int y, int x, int w, const struct journal_entry *e)
{
	int from = x;

	x += draw_text(c, y, x, w, INK_WARN, "refused ");
	x += draw_foreign(c, y, x, w - (x - from), INK_TEXT, entry_refused(e));
	x += draw_text(c, y, x, w - (x - from), INK_DIM, ": ");
	if (x - from < w)
		x += draw_foreign(c, y, x, w - (x - from), INK_DIM, e->refused);
	return x - from;
}

/* "  12,100  you     weight samsum 1.41 -> 2" */
int draw_entry(struct canvas *c, int y, int x, int w, const struct journal_entry *e)
{
	static const enum ink who[WHO_COUNT] = {INK_MARK, INK_LINK, INK_WARN, INK_DIM,
						INK_LINK};
	size_t n = without_value(e);
	char number[24];
	int from = x;

	draw_right(c, y, x + 9, 9, INK_DIM, fmt_count(number, e->step));
	x += 11;
	draw_foreign(c, y, x, e->actor[0] ? 7 : 6, who[e->who < WHO_COUNT ? e->who : 0],
		     e->actor[0] ? e->actor : journal_who_name(e->who));
	x += 8;
	if (x - from >= w)
		return w;
	if (e->refused[0])
		return x - from + draw_refused(c, y, x, w - (x - from), e);
	if (e->command[n] && !fits_values(e, n, w - (x - from)))
		n = strlen(e->command); /* what it set is said, at least */
	x += draw_foreign_n(c, y, x, w - (x - from), INK_TEXT, e->command, n);
	x += e->command[n] ? 1 : 3;
	if ((e->before[0] || e->after[0]) && (e->command[n] || x - from < w - 8)) {
		x += draw_foreign(c, y, x, w - (x - from), INK_DIM, e->before);
		x += draw_text(c, y, x, w - (x - from), INK_DIM, e->before[0] ? " → " : "→ ");
		x += draw_foreign(c, y, x, w - (x - from), INK_TEXT, e->after);
	}
	if (e->reason[0] && x - from < w - 12) { /* where there is room for a few words */
		x += draw_text(c, y, x, w - (x - from), INK_DIM, "  ");
		x += draw_foreign(c, y, x, w - (x - from), INK_DIM, e->reason);
	}
	return x - from;
}
