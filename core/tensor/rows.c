/*
 * rows.c - kernels of decoding: a few query rows against many stored ones.
 *
 * Keys and values are read row by row, all heads of a row at once, so that
 * memory is read in the order it stands.
 */
#include "tensor/lanes.h"

enum { AHEAD = 8 }; /* rows */

KERNEL void k_dots(int n, int C, int R, float *restrict y,
		   const float *restrict x, const float *restrict w,
		   const float *restrict b)
{
	for (int i = 0; i < n; i++, w += C)
		for (int r = 0; r < R; r++)
			y[(size_t)r * (size_t)n + (size_t)i] =
				lanes_dot((size_t)C, x + (size_t)r * (size_t)C,
					  w) + (b ? b[i] : 0.0f);
}

/* A row is some lines, the next one far away: too short for the prefetcher. */
V_INLINE void fetch_row(const float *p, int n)
{
	for (int i = 0; i < n; i += 16)
		__builtin_prefetch(p + i);
}

/* s[h][j] = scale q_h . k_jh */
V_INLINE void scores(const struct attend *a, int n, const float *k)
{
	size_t D = (size_t)a->D;

	for (int j = 0; j < n; j++, k += a->stride) {
		if (j + AHEAD < n)
			fetch_row(k + AHEAD * a->stride, a->heads * a->D);
		for (int h = 0; h < a->heads; h++)
			a->s[h * KEYS + j] =
				a->scale * lanes_dot(D, a->q + (size_t)h * D,
						     k + (size_t)h * D);
	}
}

/* Scores of one head become exp(s - max); what was summed so far shrinks. */
V_INLINE void weigh(const struct attend *a, int n, int h)
{
	float *restrict s = a->s + h * KEYS;
	float *restrict out = a->out + h * a->D;
	float top = lanes_max((size_t)n, s), shrink;

	top = a->max[h] > top ? a->max[h] : top;
	shrink = v_exp_neg(a->max[h] - top);
	for (int j = 0; j < n; j++)
		s[j] = v_exp_neg(s[j] - top);
	for (int l = 0; l < a->D; l++)
		out[l] *= shrink;
	a->sum[h] = a->sum[h] * shrink + lanes_sum((size_t)n, s);
	a->max[h] = top;
}

/* out_h += sum_j p_jh v_jh; four keys at a time while there are four. */
V_INLINE void values(const struct attend *a, int n, const float *v)
{
	const int D = a->D;
	const size_t ld = (size_t)a->stride;
	int j = 0;

	for (; j + 4 <= n; j += 4, v += 4 * ld)
		for (int h = 0; h < a->heads; h++) {
			const float *p = a->s + h * KEYS + j;
			const float p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3];
			const float *restrict x = v + h * D;
			float *restrict out = a->out + h * D;

			for (int l = 0; l < D; l++)
				out[l] += (p0 * x[l] + p1 * x[ld + l]) +
					  (p2 * x[2 * ld + l] +
					   p3 * x[3 * ld + l]);
		}
	for (; j < n; j++, v += ld)
		for (int h = 0; h < a->heads; h++) {
			const float p = a->s[h * KEYS + j];
			const float *restrict x = v + h * D;
			float *restrict out = a->out + h * D;

			for (int l = 0; l < D; l++)
				out[l] += p * x[l];
		}
}

KERNEL void k_attend(const struct attend *a, int n, const float *k,
		     const float *v)
{
	scores(a, n, k);
	for (int h = 0; h < a->heads; h++)
		weigh(a, n, h);
	values(a, n, v);
}

KERNEL void k_attend_probs(const struct attend *a, int n, const float *k, int of,
			   float *restrict probs)
{
	scores(a, n, k);
	for (int h = 0; h < a->heads; h++) {
		const float *restrict s = a->s + h * KEYS;
		float share = 1.0f / (a->sum[h] * (float)of), max = a->max[h];

		for (int j = 0; j < n; j++)
			probs[j] += share * v_exp_neg(s[j] - max);
	}
}
