/*
 * passes.h - a word when a task begins another pass over its training rows, which a small
 * set does again and again: seen in pictures, so whoever has those can say it.
 *
 * Told are passes 2, 3, 5, 10, 20, 30, 50, 100, ...: each power of ten times 1, 2, 3 and
 * 5, so that a set of any size says it a few times and then ever more seldom. Where
 * several began between two pictures the last of them is told. A run that goes back tells
 * them again, a resumed one only what comes.
 */
#ifndef TUTTI_LOOK_PASSES_H
#define TUTTI_LOOK_PASSES_H

#include "look/snapshot.h"
#include "mix/mix.h"

struct passes {
	bool has_begun;
	uint64_t at[MIX_TASKS_MAX];   /* the pass that a channel was in, 1 the first */
	uint64_t told[MIX_TASKS_MAX]; /* which passes_take found; 0: none */
};

/* The highest that is told of those above `from` and up to `to`; 0: none is. */
uint64_t passes_told(uint64_t from, uint64_t to);
/* Takes a picture; is there something to be told since the one before? */
bool passes_take(struct passes *p, const struct snapshot *s);
/* "topic begins pass 3 over its 200 training rows; ..." of what was found. */
void passes_words(const struct passes *p, const struct snapshot *s, char *out, size_t cap);

#endif
