/*
 * attribution.h - which words of a text made an answer: the question `explain`
 * (ask/explain.h), its answers (the last ones are kept) and how they are drawn.
 *
 * Pieces are put together to words: gradient x input of its pieces adds up; of
 * occlusions the largest stands for the word.
 */
#ifndef TUTTI_TUI_ATTRIBUTION_H
#define TUTTI_TUI_ATTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "screen/canvas.h"

enum { ATTRIBUTIONS_KEPT = 24, ATTRIBUTION_WORDS = 512 };
enum attribution_method { METHOD_GRADIENT, METHOD_OCCLUSION, METHODS };
const char *method_name(enum attribution_method m);

/* A word of one of the two texts: bytes [from, to), what each method says of it. */
struct attributed {
	int text;             /* 0 or 1: the pair */
	size_t from, to;
	double score[METHODS]; /* NaN: not measured */
};

/* What was asked about: a kept row, or (row -1) a text that was typed. */
struct attribution_key {
	int task;
	int64_t row, step;    /* evaluation; -1 */
	int64_t model;        /* checkpoint's step, or -1: the live one */
};

struct attribution {
	struct attribution_key key;
	bool is_used, is_waiting;
	uint64_t asked;       /* the order of asking */
	char why[160];        /* why there is no answer; "" */
	char *text[2];        /* owned; the pair or NULL */
	char pred[64];        /* label, or the number */
	bool is_said;         /* a number, said as a text: gradients are of its score */
	double p;             /* NaN: regression */
	int left_out, occluded, n;
	struct attributed *word; /* [n], in order */
};

struct attributions {
	struct attribution a[ATTRIBUTIONS_KEPT];
	uint64_t asked;
	enum attribution_method method;
};

void attributions_release(struct attributions *all);

struct ui;
/* The kept or awaited answer, or NULL. */
const struct attribution *attribution_find(const struct ui *ui,
					   const struct attribution_key *k);
struct attribution_key attribution_key(const struct ui *ui, int task, int64_t row,
				       int64_t step);
/* Asks unless it is there or asked already. pair may be NULL. */
void attribution_ask(struct ui *ui, const struct attribution_key *k, const char *text,
		     const char *pair);
/* Fills `a` from the answer's JSON. */
enum status attribution_read(struct attribution *a, const char *json, size_t len,
			     struct err *err);
void attribution_clear(struct attribution *a);

/* 0: no mark, 1..3 by |score| against the largest of all; negative: away from. */
int attribution_level(const struct attribution *a, enum attribution_method m, int word);
/* The words by |score|, at most cap; returns how many. */
int attribution_top(const struct attribution *a, enum attribution_method m, int *word,
		    int cap);
/*
 * Draws text 0 or 1 wrapped into r with its words marked: [towards the answer],
 * (away from it), on a paper by strength. Returns the lines there are.
 */
int attribution_draw(struct canvas *c, struct rect r, const struct attribution *a,
		     enum attribution_method m, int text);
/* One line: the method and its strongest words with numbers. */
void attribution_draw_top(struct canvas *c, int y, int x, int w,
			  const struct attribution *a, enum attribution_method m);

#endif
