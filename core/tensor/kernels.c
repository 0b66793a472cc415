/*
 * kernels.c - elementwise loops and plain sums (see kernels.h).
 */
#include "tensor/lanes.h"

KERNEL void k_add(size_t n, float *restrict y, const float *restrict x)
{
	for (size_t i = 0; i < n; i++)
		y[i] += x[i];
}

KERNEL void k_axpy(size_t n, float *restrict y, float a, const float *restrict x)
{
	for (size_t i = 0; i < n; i++)
		y[i] += a * x[i];
}

/* x += a (to - x): where x is `to` already nothing moves. */
KERNEL void k_approach(size_t n, float a, const float *restrict to, float *restrict x)
{
	for (size_t i = 0; i < n; i++)
		x[i] += a * (to[i] - x[i]);
}

KERNEL void k_axpby(size_t n, float *restrict y, float b, float a,
		    const float *restrict x)
{
	for (size_t i = 0; i < n; i++)
		y[i] = b * y[i] + a * x[i];
}

KERNEL void k_scale(size_t n, float *restrict y, float a, const float *restrict x)
{
	for (size_t i = 0; i < n; i++)
		y[i] = a * x[i];
}

KERNEL void k_scale_in(size_t n, float *y, float a)
{
	for (size_t i = 0; i < n; i++)
		y[i] *= a;
}

KERNEL void k_mul(size_t n, float *restrict y, const float *restrict x)
{
	for (size_t i = 0; i < n; i++)
		y[i] *= x[i];
}

KERNEL double k_sumsq(size_t n, const float *x)
{
	double acc[LANES] = { 0 };
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			acc[l] += (double)x[i + l] * (double)x[i + l];
	for (int l = 0; i < n; i++, l++)
		acc[l] += (double)x[i] * (double)x[i];
	return fold_double(acc);
}

KERNEL double k_inner(size_t n, const float *x, const float *y)
{
	double acc[LANES] = { 0 };
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int l = 0; l < LANES; l++)
			acc[l] += (double)x[i + l] * (double)y[i + l];
	for (int l = 0; i < n; i++, l++)
		acc[l] += (double)x[i] * (double)y[i];
	return fold_double(acc);
}

KERNEL double k_sum(size_t n, const float *x)
{
	double acc[LANES] = { 0 };

	lanes_add(n, acc, x);
	return fold_double(acc);
}

KERNEL float k_dot(size_t n, const float *x, const float *y)
{
	return lanes_dot(n, x, y);
}

int k_greatest(int n, const double *x)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		best = x[i] > x[best] ? i : best;
	return best;
}

/* Four rows at a time: a quarter of the traffic on `out`. The fours are part of the bits. */
KERNEL void k_colsum(int rows, int cols, float *restrict out,
		     const float *restrict x)
{
	size_t c = (size_t)cols;
	int r = 0;

	for (; r + 4 <= rows; r += 4) {
		const float *a = x + (size_t)r * c;

		for (size_t j = 0; j < c; j++)
			out[j] += (a[j] + a[c + j]) +
				  (a[2 * c + j] + a[3 * c + j]);
	}
	for (; r < rows; r++)
		for (size_t j = 0; j < c; j++)
			out[j] += x[(size_t)r * c + j];
}

KERNEL void k_mul_colsum(int rows, int cols, float *restrict out,
			 float *restrict x, const float *restrict y)
{
	size_t c = (size_t)cols;
	int r = 0;

	for (; r + 4 <= rows; r += 4, x += 4 * c, y += 4 * c)
		for (size_t j = 0; j < c; j++) {
			float a = x[j] * y[j];
			float b = x[c + j] * y[c + j];
			float d = x[2 * c + j] * y[2 * c + j];
			float e = x[3 * c + j] * y[3 * c + j];

			x[j] = a;
			x[c + j] = b;
			x[2 * c + j] = d;
			x[3 * c + j] = e;
			out[j] += (a + b) + (d + e);
		}
	for (; r < rows; r++, x += c, y += c)
		for (size_t j = 0; j < c; j++) {
			x[j] *= y[j];
			out[j] += x[j];
		}
}

KERNEL void k_bias(int rows, int cols, float *restrict x, const float *restrict b)
{
	for (int r = 0; r < rows; r++, x += cols)
		for (int j = 0; j < cols; j++)
			x[j] += b[j];
}

KERNEL void k_embed(int cols, float *restrict y, float a,
		    const float *restrict tok, const float *restrict pos,
		    const float *restrict seg)
{
	for (int j = 0; j < cols; j++)
		y[j] = tok[j] * a;
	if (pos)
		for (int j = 0; j < cols; j++)
			y[j] += pos[j];
	if (seg)
		for (int j = 0; j < cols; j++)
			y[j] += seg[j];
}

/* An activation: f(z) and its derivative from one evaluation. */
V_INLINE float act_relu(float z, float *d)
{
	*d = z > 0.0f ? 1.0f : 0.0f;
	return z < 0.0f ? 0.0f : z; /* NaN stays */
}

V_INLINE float act_gelu(float z, float *d)
{
	float pdf, cdf = v_normal(z, &pdf);

	*d = cdf + z * pdf;
	return z * cdf;
}

/*
 * z s with s = sigmoid(2 u), u = sqrt(2 / pi) (z + 0.044715 z^3). s (1 - s) comes
 * from exp(-|2 u|) too: as a difference it would lose the digits that count.
 */
V_INLINE float act_gelu_tanh(float z, float *d)
{
	float z2 = z * z;
	float u2 = 1.5957691216f * z * (1.0f + 0.044715f * z2);
	float du2 = 1.5957691216f * (1.0f + 0.134145f * z2);
	float e = v_exp_neg(u2 < 0.0f ? u2 : -u2);
	float r = 1.0f / (1.0f + e);
	float s = u2 < 0.0f ? e * r : r;

	*d = s + z * (e * r * r) * du2;
	return z * s;
}

V_INLINE float act_tanh(float z, float *d)
{
	float y = v_tanh(z);

	*d = 1.0f - y * y;
	return y;
}

/* The loop around an activation, with and without the derivative. */
#define DEFINE_ACT(name)                                                       \
	KERNEL void k_##name(int rows, int cols, float *restrict y,            \
			     float *restrict der, const float *restrict b)     \
	{                                                                      \
		float d;                                                       \
                                                                               \
		for (int r = 0; r < rows; r++, y += cols) {                    \
			if (!der) {                                            \
				for (int j = 0; j < cols; j++)                 \
					y[j] = act_##name(y[j] + b[j], &d);    \
				continue;                                      \
			}                                                      \
			for (int j = 0; j < cols; j++)                         \
				y[j] = act_##name(y[j] + b[j], &der[j]);       \
			der += cols;                                           \
		}                                                              \
	}
DEFINE_ACT(relu)
DEFINE_ACT(gelu)
DEFINE_ACT(gelu_tanh)
DEFINE_ACT(tanh)

KERNEL void k_drop_add(size_t n, float *restrict y, const float *restrict x,
		       const float *restrict r, const uint8_t *restrict keep,
		       float scale)
{
	if (!keep) {
		for (size_t i = 0; i < n; i++)
			y[i] = x[i] + r[i];
		return;
	}
	for (size_t i = 0; i < n; i++)
		y[i] = x[i] + (keep[i] ? scale * r[i] : 0.0f);
}

KERNEL void k_drop_back(size_t n, float *restrict y, const float *restrict x,
			const uint8_t *restrict keep, float scale, bool add)
{
	if (!keep && add)
		for (size_t i = 0; i < n; i++)
			y[i] += x[i];
	else if (!keep)
		memcpy(y, x, n * sizeof *y);
	else if (add)
		for (size_t i = 0; i < n; i++)
			y[i] += keep[i] ? scale * x[i] : 0.0f;
	else
		for (size_t i = 0; i < n; i++)
			y[i] = keep[i] ? scale * x[i] : 0.0f;
}
