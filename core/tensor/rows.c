/*
 * rows.c - kernels of decoding: a few query rows against many stored ones.
 */
#include "tensor/kernels.h"

#include "tensor/vmath.h"

V_INLINE float fold(const float *a)
{
	float s[LANES / 2];

	for (int i = 0; i < LANES / 2; i++)
		s[i] = a[i] + a[i + LANES / 2];
	return ((s[0] + s[4]) + (s[2] + s[6])) +
	       ((s[1] + s[5]) + (s[3] + s[7]));
}

V_INLINE float dot(int n, const float *restrict x, const float *restrict y)
{
	float acc[LANES] = { 0 };
	int i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			acc[l] += x[i + l] * y[i + l];
	for (int l = 0; i < n; i++, l++)
		acc[l] += x[i] * y[i];
	return fold(acc);
}

KERNEL void k_dots(int n, int C, int R, float *restrict y,
		   const float *restrict x, const float *restrict w,
		   const float *restrict b)
{
	for (int i = 0; i < n; i++, w += C)
		for (int r = 0; r < R; r++)
			y[(size_t)r * (size_t)n + (size_t)i] =
				dot(C, x + (size_t)r * (size_t)C, w) +
				(b ? b[i] : 0.0f);
}

KERNEL void k_attend_block(int n, int D, int stride, float scale,
			   float *restrict s, const float *restrict q,
			   const float *restrict k, const float *restrict v,
			   float *restrict out, float *max, float *sum)
{
	float top = *max, shrink;

	for (int j = 0; j < n; j++) {
		s[j] = scale * dot(D, q, k + (size_t)j * (size_t)stride);
		top = s[j] > top ? s[j] : top;
	}
	shrink = v_exp(*max - top);
	*sum *= shrink;
	*max = top;
	for (int l = 0; l < D; l++)
		out[l] *= shrink;
	for (int j = 0; j < n; j++) {
		float p = v_exp(s[j] - top);

		*sum += p;
		for (int l = 0; l < D; l++)
			out[l] += p * v[(size_t)j * (size_t)stride + (size_t)l];
	}
}
