/*
 * words.h - texts as words: wrapped into a rectangle, compared with each other.
 */
#ifndef TUTTI_TUI_WORDS_H
#define TUTTI_TUI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "draw.h"

enum { WORDS_MAX = 4096 };

struct word {
	const char *s;        /* borrowed */
	size_t n;
	bool starts_line;     /* the text had a newline before it */
	int span;             /* copied span it belongs to, 1.., 0: none */
	bool is_novel;        /* stands nowhere in the source */
};
/* Cuts at white space; at most WORDS_MAX. Returns (caller frees). */
struct word *words_cut(const char *text, int *n);
/*
 * Numbers in both texts the spans of two or more words that `output` took from
 * `source` as they are (case and nothing else is forgiven), longest first from
 * the left, and marks the words of `output` that `source` does not have.
 * Returns the number of spans.
 */
int words_compare(struct word *source, int n_source, struct word *output,
		  int n_output);
/*
 * Draws words wrapped into r from line `skip`; returns the lines there are.
 * speakers: a word with a colon at a line's start is somebody's name.
 */
int words_draw(struct canvas *c, struct rect r, const struct word *w, int n, int skip,
	       bool speakers);

#endif
