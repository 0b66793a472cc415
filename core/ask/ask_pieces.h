/*
 * ask_pieces.h - what kinds of tasks share whose answers are pieces of the text itself,
 * and what a prediction of one holds: its values are how many pieces were asked for and
 * how many of them were the likeliest; the loss is the mean over them. The detail is JSON:
 *
 *   {"pieces":[piece, ..],                   the row as the model read it
 *    "hidden":[[place, piece, p, said, q], ..]}
 *
 * the piece that stood at a place, with the probability that the model gave it, and the
 * one that it says, with its own.
 */
#ifndef TUTTI_ASK_ASK_PIECES_H
#define TUTTI_ASK_ASK_PIECES_H

#include "ask/ask_kind.h"

/* 0 of a prediction of another kind. */
int pieces_count(const struct prediction *p);
int pieces_right(const struct prediction *p);
void pieces_set(struct prediction *p, int n, int right);

enum { PIECES_TRIED = 5 }; /* the likeliest of a place in a text that was typed */

/* As ask_kind.h says of the members. */
void pieces_answer(const struct ask_batch *a);
void pieces_begin(struct gather *g);
void pieces_add(struct gather *g, const struct outcome *o);
double pieces_metric(const struct gather *g, enum metric_id m);
void pieces_end(struct gather *g);
double pieces_said(const struct prediction *p, enum metric_id m);
/*
 * What knows pieces by their frequency in train alone: it says the commonest, and its
 * perplexity is that of the frequencies, each counted once more (Laplace).
 */
void pieces_baseline(const struct session *s, int task, const struct dataset *dev,
		     struct eval_row *out);

#define ASK_PIECES                                                             \
	.answer = pieces_answer,                                               \
	.gather_begin = pieces_begin, .gather_add = pieces_add,                \
	.gather_metric = pieces_metric, .gather_end = pieces_end,              \
	.said_value = pieces_said, .baseline = pieces_baseline

#endif
