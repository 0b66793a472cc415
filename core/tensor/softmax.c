/*
 * softmax.c - softmax kernels: attention rows and rows of logits.
 */
#include "tensor/lanes.h"

/* The exp loops stand alone: mixed with lanes the compiler gives up on them. */
V_INLINE void softmax_row(int n, float *x, float scale)
{
	float max = lanes_max((size_t)n, x) * scale, inv;

	for (int i = 0; i < n; i++)
		x[i] = v_exp_neg(x[i] * scale - max);
	inv = 1.0f / lanes_sum((size_t)n, x);
	for (int i = 0; i < n; i++)
		x[i] *= inv;
}

KERNEL void k_softmax(int rows, int cols, float *s, float scale, bool causal)
{
	for (int r = 0; r < rows; r++, s += cols) {
		int n = causal && r + 1 < cols ? r + 1 : cols;

		softmax_row(n, s, scale);
		for (int j = n; j < cols; j++)
			s[j] = 0.0f;
	}
}

KERNEL void k_softmax_prefix(int rows, int cols, float *s, float scale, int prefix)
{
	for (int r = 0; r < rows; r++, s += cols) {
		int n = prefix + r + 1 < cols ? prefix + r + 1 : cols;

		softmax_row(n, s, scale);
		for (int j = n; j < cols; j++)
			s[j] = 0.0f;
	}
}

KERNEL void k_drop_probs(size_t n, float *restrict p, float *restrict pd,
			 const uint8_t *restrict keep, float scale)
{
	for (size_t i = 0; i < n; i++) {
		float x = p[i];

		pd[i] = keep[i] ? x * scale : 0.0f;
		p[i] = keep[i] ? x : -x;
	}
}

KERNEL void k_undrop_probs(size_t n, float *restrict pd,
			   const float *restrict p, float scale)
{
	for (size_t i = 0; i < n; i++)
		pd[i] = p[i] > 0.0f ? p[i] * scale : 0.0f;
}

/* ds = scale p (dp' - sum p dp'), where dp' = dp keep_scale where kept. */
KERNEL void k_softmax_back(int rows, int cols, float *restrict dp,
			   const float *restrict p, float scale, float keep_scale)
{
	for (int r = 0; r < rows; r++, dp += cols, p += cols) {
		float acc[LANES] = { 0 }, sum;
		int i = 0;

		for (; i + LANES <= cols; i += LANES)
			for (int l = 0; l < LANES; l++) {
				float k = p[i + l] > 0.0f ? p[i + l] : 0.0f;

				acc[l] += k * dp[i + l];
			}
		for (int l = 0; i < cols; i++, l++)
			acc[l] += p[i] > 0.0f ? p[i] * dp[i] : 0.0f;
		sum = fold_float(acc) * keep_scale;
		for (i = 0; i < cols; i++) {
			float a = p[i] > 0.0f ? p[i] : -p[i];
			float d = p[i] > 0.0f ? dp[i] * keep_scale : 0.0f;

			dp[i] = scale * (a * (d - sum));
		}
	}
}

KERNEL float k_logits_max(int n, float *restrict x, const float *restrict b)
{
	if (b)
		for (int i = 0; i < n; i++)
			x[i] += b[i];
	return lanes_max((size_t)n, x);
}

enum { BLOCK = 512 }; /* stays in the first-level cache between two loops */

KERNEL double k_exp_sum(int n, float *x, float max)
{
	double acc[LANES] = { 0 };

	for (int i = 0; i < n; i += BLOCK, x += BLOCK) {
		int k = n - i < BLOCK ? n - i : BLOCK;

		for (int j = 0; j < k; j++)
			x[j] = v_exp_neg(x[j] - max);
		lanes_add((size_t)k, acc, x);
	}
	return fold_double(acc);
}

KERNEL double k_exp_sum_of(int n, const float *restrict x, float max)
{
	double acc[LANES] = { 0 };
	float y[BLOCK];

	for (int i = 0; i < n; i += BLOCK, x += BLOCK) {
		int k = n - i < BLOCK ? n - i : BLOCK;

		for (int j = 0; j < k; j++)
			y[j] = v_exp_neg(x[j] - max);
		lanes_add((size_t)k, acc, y);
	}
	return fold_double(acc);
}

KERNEL void k_affine(int n, float *x, float a, float c)
{
	for (int i = 0; i < n; i++)
		x[i] = a * x[i] + c;
}
