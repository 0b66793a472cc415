/*
 * words.h - texts as words: wrapped into a rectangle, compared with each other.
 */
#ifndef TUTTI_TUI_WORDS_H
#define TUTTI_TUI_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "screen/canvas.h"

enum { WORDS_MAX = 4096, DIFF_WORDS = 512 };

/* The last three: of a text of which parts are kept, rightly, wrongly, and wrongly not. */
enum word_look { LOOK_PLAIN, LOOK_MATCHED, LOOK_ADDED, LOOK_REMOVED, LOOK_KEPT, LOOK_EXTRA,
		 LOOK_MISSED, WORD_LOOKS };
struct word {
	const char *s;        /* borrowed */
	size_t n;
	uint64_t key;         /* text_fold_key: 0: punctuation alone */
	bool starts_line;     /* the text had a newline before it */
	bool joins;           /* no blank before it: see words_cut() */
	int span;             /* copied span it belongs to, 1.., 0: none */
	bool is_novel;        /* stands nowhere in the source */
	bool is_chosen;       /* the cursor is on it */
	enum word_look look;
	int heat;             /* 0..3: how much the chosen word looked at it */
};
/*
 * Cuts at white space, and around every character of a script that is written without
 * (its full stop stays with it), as ROUGE counts them; at most WORDS_MAX. Returns
 * (caller frees).
 */
struct word *words_cut(const char *text, int *n);
/* The keys that are not 0, and which word each is of. `at` may be NULL. */
int words_keys(const struct word *w, int n, uint64_t *key, int *at);
/*
 * Numbers in both texts the spans of two or more words that `output` took from
 * `source`, longest first from the left (case, accents and punctuation at a
 * word's ends are forgiven), and marks the words of `output` that `source` does
 * not have. Returns the number of spans.
 */
int words_compare(struct word *source, int n_source, struct word *output,
		  int n_output);
/*
 * Marks as matched what ROUGE-1 counts: words of the one that the other has, each
 * as often as both have it, stems being equal. Returns how many.
 */
int words_match(struct word *reference, int n_reference, struct word *output,
		int n_output);
/*
 * What became of `was`: the words of `now` and, marked as removed, those of `was`
 * that are gone, in reading order; new ones are marked as added. Beyond
 * DIFF_WORDS of either nothing is compared. Returns (caller frees) *n words.
 */
struct word *words_diff(const struct word *was, int n_was, const struct word *now,
			int n_now, int *n);
/*
 * Draws words wrapped into r from line `skip`; returns the lines there are.
 * speakers: a word with a colon at a line's start is somebody's name.
 */
int words_draw(struct canvas *c, struct rect r, const struct word *w, int n, int skip,
	       bool speakers);
/* The line on which word i stands when wrapped into w columns. */
int words_line(const struct canvas *c, int w, const struct word *word, int n, int i);

/* Marks are colours and small figures there; else signs around the words. */
bool words_shine(const struct canvas *c);

#endif
