/*
 * search.h - greedy and beam search over hypotheses, for any kind of model.
 * For core/model alone.
 *
 * The search decides, the model computes. One turn:
 *   R = search_rows()       rows to continue: one per live hypothesis
 *   search_offer() each     p(next piece) of that row
 *   search_advance()        chooses; tells which slots' caches to copy
 * All live hypotheses are equally long, since sources start together; finished
 * ones leave. A hypothesis lives in a slot (0 .. B * beams - 1) where the model
 * keeps its cache; the first child of a hypothesis stays in its slot.
 */
#ifndef TUTTI_MODEL_SEARCH_H
#define TUTTI_MODEL_SEARCH_H

#include "model/model.h"

struct search;

struct search_row {
	int source, slot;
	int32_t last; /* the piece that the model reads now */
};
struct search_move {
	int from, to; /* slots: copy the cache */
};
struct search_offer {
	float *p;           /* [V] probabilities; the search zeroes some */
	float gate;
	const float *copy;  /* [n_src] attention of the copy gate, or NULL */
	const int32_t *src; /* [n_src] ids of the source */
	int n_src;
};

/* What is not in decode_config. dc.max_len as the model can follow. */
struct search_setup {
	struct decode_config dc;
	int B, V;
	int32_t cls, sep;
	const int32_t *banned;
	int n_banned;
};

/* Everything in the arena, borrowed by the search. */
struct search *search_new(struct arena *a, const struct search_setup *setup);
/* 0: all done (or stopped). Rows stay as they are until search_advance. */
int search_rows(struct search *s, const struct search_row **rows);
int search_length(const struct search *s); /* pieces of the live ones */
int search_slots(const struct search *s);
int search_max_len(const struct search *s);
void search_offer(struct search *s, int row, const struct search_offer *o);
int search_advance(struct search *s, const struct search_move **moves);
/* Copies the outcome into g's arena. */
void search_end(struct search *s, struct generation *g);

#endif
