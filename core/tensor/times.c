/*
 * times.c - see times.h.
 */
#include "tensor/times.h"

#include <string.h>

static int length_of(const struct ragged *seq, int b)
{
	return seq->off[b + 1] - seq->off[b];
}

/* Counts and places: stable. */
struct times times_of(struct tape *t, const struct ragged *seq)
{
	struct times s = { .seq = seq };
	int *at;

	for (int b = 0; b < seq->n; b++)
		s.n = length_of(seq, b) > s.n ? length_of(seq, b) : s.n;
	s.alive = arena_zalloc(&t->arena, ((size_t)s.n + 1) * sizeof *s.alive);
	s.order = arena_alloc(&t->arena, ((size_t)seq->n + 1) * sizeof *s.order);
	at = arena_alloc(&t->arena, ((size_t)s.n + 1) * sizeof *at);
	for (int b = 0; b < seq->n; b++)
		s.alive[length_of(seq, b)]++;
	for (int l = s.n, sum = 0; l >= 0; l--) {
		at[l] = sum;
		sum += s.alive[l];
		s.alive[l] = at[l]; /* those longer than l */
	}
	for (int b = 0; b < seq->n; b++)
		s.order[at[length_of(seq, b)]++] = b;
	return s;
}

void times_rows(const struct times *s, int step, int turn, int *row)
{
	for (int k = 0; k < s->alive[step]; k++) {
		const int *off = s->seq->off + s->order[k];

		row[k] = turn > 0 ? off[0] + step : off[1] - 1 - step;
	}
}

void times_before(const struct times *s, int turn, int H, const float *h, int ld,
		  float *out, int ld_out)
{
	size_t bytes = (size_t)H * sizeof *out;

	for (int b = 0; b < s->seq->n; b++) {
		int from = s->seq->off[b], to = s->seq->off[b + 1];
		int first = turn > 0 ? from : to - 1;

		for (int i = from; i < to; i++)
			if (i == first)
				memset(out + (size_t)i * (size_t)ld_out, 0, bytes);
			else
				memcpy(out + (size_t)i * (size_t)ld_out,
				       h + (size_t)(i - turn) * (size_t)ld, bytes);
	}
}
