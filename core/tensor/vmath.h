/*
 * vmath.h - exp, tanh, sigmoid and the normal distribution as plain polynomials
 * that the compiler vectorises; log and exp in double for one value per row.
 *
 * No libm: it picks its code by CPU, and our bits must not. Coefficients are
 * our own minimax fits (Lawson's weighting). Errors, as the tests check them:
 * v_exp 2 ulp, v_sqrt, v_sigmoid and v_tanh 3 ulp, v_normal 2.5e-7 absolute.
 * NaN goes in and comes out everywhere. For files of kernels only.
 */
#ifndef TUTTI_TENSOR_VMATH_H
#define TUTTI_TENSOR_VMATH_H

#include <math.h> /* HUGE_VAL, NAN, isnan; no functions */
#include <stdint.h>
#include <string.h>

#define V_INLINE static inline __attribute__((always_inline, unused))

V_INLINE float v_from_bits(uint32_t u)
{
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

V_INLINE uint32_t v_bits(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof u);
	return u;
}

/* e^c = 2^k p with c = k ln 2 + r and p = 1 + r + r^2 P(r); |c| <= 89. */
V_INLINE float v_exp_parts(float c, uint32_t *k_bits)
{
	float k = c * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: rounds to integer */
	float r, p;

	*k_bits = v_bits(k) - 0x4b400000u;
	k -= 12582912.0f;
	r = c - k * 0.693145752f;
	r = r - k * 1.42860677e-6f;
	p = 0.001381455920636654f;
	p = p * r + 0.008368735201656818f;
	p = p * r + 0.04166838899254799f;
	p = p * r + 0.1666652113199234f;
	p = p * r + 0.4999999403953552f;
	return p * (r * r) + r + 1.0f;
}

/*
 * Results below FLT_MIN are 0 (a denormal serves nobody and is slow on some CPUs);
 * above FLT_MAX, infinity. 2^k is applied in two halves, since k = 128 and
 * k = -127 occur.
 */
V_INLINE float v_exp(float x)
{
	float c = x > 89.0f ? 89.0f : x, p;
	uint32_t n, half;

	c = c < -88.0f ? -88.0f : c;
	p = v_exp_parts(c, &n);
	n += 254u; /* k + 254 > 0 */
	half = n >> 1;
	p = p * v_from_bits(half << 23);
	p = p * v_from_bits((n - half) << 23);
	return x < -87.33654f ? 0.0f : p;
}

/*
 * The same for x <= 0, which is what softmax and the normal distribution ask for:
 * one factor will do, a fifth of the work less.
 */
V_INLINE float v_exp_neg(float x)
{
	uint32_t n;
	float p = v_exp_parts(x < -88.0f ? -88.0f : x, &n);

	p = p * v_from_bits((n + 127u) << 23);
	return x < -87.33654f ? 0.0f : p;
}

/*
 * Square root of x >= 0 by three Newton steps on 1 / sqrt(x): the hardware's own
 * would do, but with errno to mind the compiler uses it one by one.
 */
V_INLINE float v_sqrt(float x)
{
	float h = 0.5f * x;
	float r = v_from_bits(0x5f375a86u - (v_bits(x) >> 1));

	r = r * (1.5f - h * r * r);
	r = r * (1.5f - h * r * r);
	r = r * (1.5f - h * r * r);
	return x * r;
}

V_INLINE float v_sigmoid(float x)
{
	return 1.0f / (1.0f + v_exp(-x));
}

V_INLINE float v_tanh(float x)
{
	float a = x < 0.0f ? -x : x;
	float s = x * x;
	float big = 1.0f - 2.0f / (v_exp(2.0f * a) + 1.0f);
	float p = -0.0057049874286500026f;

	p = p * s + 0.02063908765840577f;
	p = p * s - 0.0537397152229863f;
	p = p * s + 0.13331442200009425f;
	p = p * s - 0.3333328194209176f;
	big = x < 0.0f ? -big : big;
	return a < 0.625f ? x + x * (s * p) : big;
}

/*
 * The standard normal: returns its distribution function, *pdf the density.
 * Both come from one exp(-x^2 / 2): the tail is that times a polynomial in
 * 1 / (1 + |x| / 4) (the form of Abramowitz & Stegun 7.1.26, fitted anew).
 */
V_INLINE float v_normal(float x, float *pdf)
{
	float a = x < 0.0f ? -x : x;
	float e = v_exp_neg(-0.5f * (x * x));
	float t = 1.0f / (1.0f + 0.25f * a);
	float p = -0.09070623062433132f;

	p = p * t + 0.33636382068158405f;
	p = p * t - 0.25449762863522046f;
	p = p * t + 0.26562557444337304f;
	p = p * t + 0.03546732435348213f;
	p = p * t + 0.10836513259877373f;
	p = p * t + 0.09938200168213868f;
	p = p * t * e;
	*pdf = e * 0.3989422804f;
	return x < 0.0f ? p : 1.0f - p;
}

/*
 * Natural logarithm: x = 2^k m with m in [sqrt(1/2), sqrt(2)), then
 * log m = 2 atanh((m - 1) / (m + 1)) by its series. 0 gives -infinity.
 */
V_INLINE double v_logd(double x)
{
	uint64_t u;
	int k = 0;
	double m, s, z, p;

	if (!(x > 0.0))
		return x == 0.0 ? -HUGE_VAL : (double)NAN;
	if (x > 1.7976931348623157e308)
		return x;
	if (x < 2.2250738585072014e-308) {
		x *= 18014398509481984.0; /* 2^54 */
		k = -54;
	}
	memcpy(&u, &x, sizeof u);
	k += (int)(u >> 52) - 1023;
	u = (u & 0xfffffffffffffULL) | 0x3ff0000000000000ULL;
	memcpy(&m, &u, sizeof m);
	if (m > 1.4142135623730951) {
		m *= 0.5;
		k++;
	}
	s = (m - 1.0) / (m + 1.0);
	z = s * s;
	p = 0.0;
	for (int i = 23; i >= 3; i -= 2)
		p = (p + 1.0 / i) * z;
	return k * 0.6931471805599453 + 2.0 * (s + s * p);
}

/* e^x by halving the argument range and the series; flushes below 1e-308. */
V_INLINE double v_expd(double x)
{
	double kd, r, p = 1.0, scale;
	uint64_t u;
	int k;

	if (isnan(x))
		return x;
	if (x > 709.0)
		return HUGE_VAL;
	if (x < -708.0)
		return 0.0;
	kd = x * 1.4426950408889634;
	k = (int)(kd < 0 ? kd - 0.5 : kd + 0.5);
	r = (x - k * 0.693147180369123816) - k * 1.90821492927058770e-10;
	for (int i = 14; i >= 1; i--)
		p = 1.0 + p * r / i;
	u = (uint64_t)(k + 1023) << 52;
	if (k > 1023) /* 2^1024 has no bits of its own */
		return p * 2.0 * 8.98846567431158e307;
	memcpy(&scale, &u, sizeof scale);
	return p * scale;
}

V_INLINE double v_sigmoidd(double x)
{
	return 1.0 / (1.0 + v_expd(-x));
}

/* log(1 + e^x), without overflow. */
V_INLINE double v_softplusd(double x)
{
	double a = x < 0.0 ? x : -x;

	return (x > 0.0 ? x : 0.0) + v_logd(1.0 + v_expd(a));
}

#endif
