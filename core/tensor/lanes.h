/*
 * lanes.h - reductions over LANES explicit accumulators, for files of kernels.
 *
 * Element i goes to accumulator i mod LANES; the accumulators are folded in
 * halves, always in this order. So every instruction set gives the same bits
 * and the compiler may use vectors without being allowed to reorder sums.
 */
#ifndef TUTTI_TENSOR_LANES_H
#define TUTTI_TENSOR_LANES_H

#include "tensor/kernels.h"
#include "tensor/vmath.h"

V_INLINE float fold_float(const float *a)
{
	float s[LANES / 2];

	for (int i = 0; i < LANES / 2; i++)
		s[i] = a[i] + a[i + LANES / 2];
	return ((s[0] + s[4]) + (s[2] + s[6])) +
	       ((s[1] + s[5]) + (s[3] + s[7]));
}

V_INLINE double fold_double(const double *a)
{
	double s[LANES / 2];

	for (int i = 0; i < LANES / 2; i++)
		s[i] = a[i] + a[i + LANES / 2];
	return ((s[0] + s[4]) + (s[2] + s[6])) +
	       ((s[1] + s[5]) + (s[3] + s[7]));
}

V_INLINE float lanes_dot(size_t n, const float *x, const float *y)
{
	float acc[LANES] = { 0 };
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			acc[l] += x[i + l] * y[i + l];
	for (int l = 0; i < n; i++, l++)
		acc[l] += x[i] * y[i];
	return fold_float(acc);
}

V_INLINE float lanes_sum(size_t n, const float *x)
{
	float acc[LANES] = { 0 };
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			acc[l] += x[i + l];
	for (int l = 0; i < n; i++, l++)
		acc[l] += x[i];
	return fold_float(acc);
}

/* acc [LANES] += x: a sum in double that goes on over several blocks. */
V_INLINE void lanes_add(size_t n, double *restrict acc, const float *restrict x)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			acc[l] += (double)x[i + l];
	for (int l = 0; i < n; i++, l++)
		acc[l] += (double)x[i];
}

/* The greatest; NaN is passed over. -infinity when there is none. */
V_INLINE float lanes_max(size_t n, const float *x)
{
	float acc[LANES];
	size_t i = 0;

	for (int l = 0; l < LANES; l++)
		acc[l] = -HUGE_VALF;
	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			acc[l] = x[i + l] > acc[l] ? x[i + l] : acc[l];
	for (; i < n; i++)
		acc[0] = x[i] > acc[0] ? x[i] : acc[0];
	for (int l = 1; l < LANES; l++)
		acc[0] = acc[l] > acc[0] ? acc[l] : acc[0];
	return acc[0];
}

#endif
