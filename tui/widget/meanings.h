/*
 * meanings.h - the short words on strips and tables, and what they mean: the one list
 * for help, for ':help WORD' and for the hint of one that is chosen.
 */
#ifndef TUTTI_TUI_MEANINGS_H
#define TUTTI_TUI_MEANINGS_H

struct meaning {
	const char *word, *help;
	enum { OF_ALL, OF_STRIP, OF_LIVE } where; /* strip: i says it; live: needs a run */
};
extern const struct meaning meaning_table[];
extern const int meaning_count;
const struct meaning *meaning_find(const char *word); /* NULL: none */
int meaning_place(const char *word); /* in the table; 0, which no strip has: none */
/* The place of the next one on a strip after `at` (-1: the first). */
int meaning_next(int at);

#endif
