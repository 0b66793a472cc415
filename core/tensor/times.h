/*
 * times.h - ragged sequences as a recurrent layer goes through them: step by step, the
 * longest first. For core/tensor alone.
 *
 * Equally long ones stay as they stand. So the sequences that reach a step are the
 * first `alive` ones, and what a step works on stands without gaps.
 */
#ifndef TUTTI_TENSOR_TIMES_H
#define TUTTI_TENSOR_TIMES_H

#include "tensor/tape.h"

/* All in the tape's arena. */
struct times {
	const struct ragged *seq;
	int n;      /* time steps: rows of the longest */
	int *alive; /* [n] sequences that reach a step */
	int *order; /* [B] their numbers */
};

struct times times_of(struct tape *t, const struct ragged *seq);
/* row [alive] of a step; turn -1: sequences begin at their last rows. */
void times_rows(const struct times *s, int step, int turn, int *row);
/*
 * h of the step before, for every row: out [N, H] from h (rows of ld floats), zeros
 * where there was none; rows of out stand ld_out apart.
 */
void times_before(const struct times *s, int turn, int H, const float *h, int ld,
		  float *out, int ld_out);

#endif
