/*
 * tensor_check.h - an op against its oracle: values and gradients.
 *
 * An op under test has inputs (activations) and parameters, together a point
 * theta. Its oracle is the same function in double, written plainly. Values
 * must agree; the op's float gradient must agree with the oracle's central
 * difference along random directions and along single coordinates.
 */
#ifndef TENSOR_CHECK_H
#define TENSOR_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tensor/blas.h"
#include "tensor/ops.h"

enum { IN_MAX = 4, PAR_MAX = 4 };

struct check {
	/* What the op gets. */
	int n_in, rows[IN_MAX], cols[IN_MAX];
	struct param_set ps;
	const struct rng *noise; /* dropout on */
	/* Runs the op; returns its result, or NULL with *loss. y2 is optional. */
	struct ten *(*run)(struct check *c, struct tape *t, struct ten **in,
			   double *loss, struct ten **y2);
	/* The same in double: fills y (and y2), or returns the loss. */
	double (*oracle)(const struct check *c, const double *const *in,
			 const double *const *par, double *y, double *y2);
	/* Whatever the two need. */
	struct ragged seq, src;
	int out, heads, flags;
	enum act act;
	enum pool pool;
	float p_drop, smoothing;
	const int32_t *ids, *ids2, *ids3;
	double tol; /* relative to the norms; 0: the default */
};

static struct rng test_rng(uint64_t n)
{
	return rng_stream(77, RNG_TEST, 0, n);
}

/* Uniform in [-1, 1]. */
static double test_uniform(uint64_t stream, uint64_t i)
{
	struct rng r = test_rng(stream);

	return 2.0 * rng_uniform(&r, i) - 1.0;
}

/* The mask of an element, straight from the definition of the noise. */
static __attribute__((unused)) bool test_keep(const struct rng *r,
					       uint32_t first, size_t e, float p)
{
	uint32_t w[4], th = (uint32_t)((double)p * 65536.0 + 0.5);
	size_t in = e % 128;
	uint32_t half, block = first + (uint32_t)(e / 128 * 16 + in % 16);

	rng_block(r, block, w);
	half = in >= 64 ? w[in % 64 / 16] >> 16 : w[in % 64 / 16] & 0xffff;
	return half >= th;
}

static __attribute__((unused)) double test_keep_scale(float p)
{
	return 65536.0 / (65536.0 - floor((double)p * 65536.0 + 0.5));
}

/* Blocks of noise that a site of n elements takes. */
static __attribute__((unused)) uint32_t test_site(size_t n)
{
	return (uint32_t)((n + 127) / 128 * 16);
}

static size_t check_size(const struct check *c, int i)
{
	return i < c->n_in ? (size_t)c->rows[i] * (size_t)c->cols[i] :
			     param_count(&c->ps, i - c->n_in);
}

/* f(theta) by the oracle; weights cy, cy2 turn a result into one number. */
static double check_eval(const struct check *c, const double *theta,
			 const double *cy, size_t ny, const double *cy2,
			 size_t ny2, double *y, double *y2)
{
	const double *part[IN_MAX + PAR_MAX] = { 0 };
	double f;

	for (int i = 0; i < c->n_in + c->ps.n; i++) {
		part[i] = theta;
		theta += check_size(c, i);
	}
	f = c->oracle(c, part, part + c->n_in, y, y2);
	if (!ny)
		return f;
	f = 0.0;
	for (size_t i = 0; i < ny; i++)
		f += cy[i] * y[i];
	for (size_t i = 0; i < ny2; i++)
		f += cy2[i] * y2[i];
	return f;
}

static double *new_doubles(size_t n)
{
	double *p = calloc(n ? n : 1, sizeof *p);

	assert_non_null(p);
	return p;
}

/* Central difference along u against the gradient g. */
static void check_direction(const struct check *c, const double *theta,
			    const double *g, const double *u, size_t n,
			    const double *cy, size_t ny, const double *cy2,
			    size_t ny2, double *y, double *y2)
{
	double h = 1e-5, dot = 0.0, gg = 0.0, uu = 0.0, num, lim;
	double *at = new_doubles(n);

	for (size_t i = 0; i < n; i++) {
		at[i] = theta[i] + h * u[i];
		dot += g[i] * u[i];
		gg += g[i] * g[i];
		uu += u[i] * u[i];
	}
	num = check_eval(c, at, cy, ny, cy2, ny2, y, y2);
	for (size_t i = 0; i < n; i++)
		at[i] = theta[i] - h * u[i];
	num = (num - check_eval(c, at, cy, ny, cy2, ny2, y, y2)) / (2 * h);
	/* Independent errors of each element add up like a random walk. */
	lim = (c->tol > 0 ? c->tol : 1e-5) * sqrt(gg * uu / (double)n) *
	      (1.0 + (uu < 1.5 ? sqrt((double)n) / 10 : 0.0)) + 1e-8;
	if (!(fabs(num - dot) <= lim))
		fail_msg("gradient %.9g, central difference %.9g, limit %.2g",
			 dot, num, lim);
	free(at);
}

static void check_close(const char *what, const float *x, const double *y,
			size_t n)
{
	double top = 1e-3;

	for (size_t i = 0; i < n; i++)
		top = fabs(y[i]) > top ? fabs(y[i]) : top;
	for (size_t i = 0; i < n; i++)
		if (!(fabs((double)x[i] - y[i]) <= 3e-6 * top))
			fail_msg("%s %zu: %.9g, oracle %.9g", what, i,
				 (double)x[i], y[i]);
}

/* Runs everything on `c`, whose sizes and functions are set. */
static void check_run(struct check *c)
{
	size_t n = 0, at = 0, ny = 0, ny2 = 0;
	float *in[IN_MAX];
	struct ten *x[IN_MAX], *y, *y2 = NULL;
	double *theta, *g, *u, *cy = NULL, *cy2 = NULL, *oy = NULL, *oy2 = NULL;
	double loss = 0.0, f;
	struct tape t;
	struct grads *gr;

	blas_init();
	param_set_alloc(&c->ps);
	for (int i = 0; i < c->n_in + c->ps.n; i++)
		n += check_size(c, i);
	theta = new_doubles(n);
	g = new_doubles(n);
	u = new_doubles(n);
	tape_init(&t, &c->ps);
	gr = grads_new(&c->ps);
	tape_begin(&t, gr, c->noise);
	for (int i = 0; i < c->n_in + c->ps.n; i++) {
		size_t len = check_size(c, i);
		float *v;

		if (i < c->n_in) {
			v = in[i] = calloc(len ? len : 1, sizeof *v);
			x[i] = tape_wrap(&t, v, c->rows[i], c->cols[i]);
		} else {
			v = param_value(&c->ps, i - c->n_in);
		}
		for (size_t j = 0; j < len; j++) {
			v[j] = (float)test_uniform(1, at);
			theta[at++] = (double)v[j];
		}
	}
	y = c->run(c, &t, x, &loss, &y2);
	if (y) {
		ny = (size_t)y->rows * (size_t)y->cols;
		cy = new_doubles(ny);
		oy = new_doubles(ny);
		for (size_t i = 0; i < ny; i++)
			cy[i] = (double)(float)test_uniform(2, i);
	}
	if (y2) {
		ny2 = (size_t)y2->rows * (size_t)y2->cols;
		cy2 = new_doubles(ny2);
		oy2 = new_doubles(ny2);
		for (size_t i = 0; i < ny2; i++)
			cy2[i] = (double)(float)test_uniform(3, i);
	}
	f = check_eval(c, theta, cy, ny, cy2, ny2, oy, oy2);
	if (y)
		check_close("result", y->v, oy, ny);
	else if (!(fabs(f - loss) <= 2e-6 * (1.0 + fabs(f))))
		fail_msg("loss %.9g, oracle %.9g", loss, f);
	if (y2)
		check_close("second result", y2->v, oy2, ny2);
	if (y) {
		float *d = ten_grad(&t, y);

		for (size_t i = 0; i < ny; i++)
			d[i] = (float)cy[i];
	}
	if (y2) {
		float *d = ten_grad(&t, y2);

		for (size_t i = 0; i < ny2; i++)
			d[i] = (float)cy2[i];
	}
	/* An input that already has a gradient: the op must add to it. */
	if (c->flags & 0x1000) {
		float *d = ten_grad(&t, x[0]);

		for (size_t j = 0; j < check_size(c, 0); j++)
			d[j] += 0.25f;
	}
	tape_backward(&t);
	at = 0;
	for (int i = 0; i < c->n_in + c->ps.n; i++) {
		size_t len = check_size(c, i);
		bool whole = i < c->n_in || grads_touched(gr, i - c->n_in);
		const float *d = NULL;

		if (i < c->n_in)
			d = x[i]->d;
		else if (whole)
			d = grads_at(gr, i - c->n_in);
		for (size_t j = 0; j < len; j++)
			g[at++] = d ? (double)d[j] : 0.0;
	}
	if (c->flags & 0x1000)
		for (size_t j = 0; j < check_size(c, 0); j++)
			g[j] -= 0.25;
	for (int k = 0; k < 4; k++) {
		for (size_t i = 0; i < n; i++)
			u[i] = test_uniform(10 + (uint64_t)k, i);
		check_direction(c, theta, g, u, n, cy, ny, cy2, ny2, oy, oy2);
	}
	memset(u, 0, n * sizeof *u);
	for (uint32_t k = 0; k < 12; k++) {
		struct rng r = test_rng(20);
		size_t i = rng_below(&r, k, (uint32_t)n);

		u[i] = 1.0;
		check_direction(c, theta, g, u, n, cy, ny, cy2, ny2, oy, oy2);
		u[i] = 0.0;
	}
	for (int i = 0; i < c->n_in; i++)
		free(in[i]);
	free(theta);
	free(g);
	free(u);
	free(cy);
	free(cy2);
	free(oy);
	free(oy2);
	grads_free(gr);
	tape_release(&t);
	param_set_release(&c->ps);
}

#endif
