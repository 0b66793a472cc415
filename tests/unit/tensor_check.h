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
/* check.flags: the first input has a gradient already; the op must add to it. */
enum { HAS_GRAD = 0x1000 };

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

static double *new_doubles(size_t n)
{
	double *p = calloc(n ? n : 1, sizeof *p);

	assert_non_null(p);
	return p;
}

/* One run of a check: where it stands, and room for what comes out. */
struct trial {
	const struct check *c;
	size_t n;               /* of theta */
	double *theta, *g, *u;  /* the point, the op's gradient, a direction */
	struct ten *x[IN_MAX], *y[2];
	float *in[IN_MAX];
	size_t ny[2];
	double *cy[2], *oy[2];  /* weights of the results; the oracle's results */
};

/* f(theta) by the oracle; the weights turn results into one number. */
static double trial_eval(const struct trial *t, const double *theta)
{
	const double *part[IN_MAX + PAR_MAX] = { 0 };
	double f;

	for (int i = 0; i < t->c->n_in + t->c->ps.n; i++) {
		part[i] = theta;
		theta += check_size(t->c, i);
	}
	f = t->c->oracle(t->c, part, part + t->c->n_in, t->oy[0], t->oy[1]);
	if (!t->y[0])
		return f;
	f = 0.0;
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < t->ny[k]; i++)
			f += t->cy[k][i] * t->oy[k][i];
	return f;
}

/* Central difference along u against the gradient. */
static void trial_direction(struct trial *t)
{
	double h = 1e-5, dot = 0.0, gg = 0.0, uu = 0.0, num, lim;
	double *at = new_doubles(t->n);

	for (size_t i = 0; i < t->n; i++) {
		at[i] = t->theta[i] + h * t->u[i];
		dot += t->g[i] * t->u[i];
		gg += t->g[i] * t->g[i];
		uu += t->u[i] * t->u[i];
	}
	num = trial_eval(t, at);
	for (size_t i = 0; i < t->n; i++)
		at[i] = t->theta[i] - h * t->u[i];
	num = (num - trial_eval(t, at)) / (2 * h);
	/* Independent errors of each element add up like a random walk. */
	lim = (t->c->tol > 0 ? t->c->tol : 1e-5) * sqrt(gg * uu / (double)t->n) *
	      (1.0 + (uu < 1.5 ? sqrt((double)t->n) / 10 : 0.0)) + 1e-8;
	if (!(fabs(num - dot) <= lim))
		fail_msg("gradient %.9g, central difference %.9g, limit %.2g",
			 dot, num, lim);
	free(at);
}

static void trial_directions(struct trial *t)
{
	struct rng r = test_rng(20);

	for (uint64_t k = 0; k < 4; k++) {
		for (size_t i = 0; i < t->n; i++)
			t->u[i] = test_uniform(10 + k, i);
		trial_direction(t);
	}
	memset(t->u, 0, t->n * sizeof *t->u);
	for (uint32_t k = 0; k < 12; k++) {
		size_t i = rng_below(&r, k, (uint32_t)t->n);

		t->u[i] = 1.0;
		trial_direction(t);
		t->u[i] = 0.0;
	}
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

/* Uniform values for the inputs (wrapped on the tape) and the parameters. */
static void trial_values(struct trial *t, struct tape *tape)
{
	const struct check *c = t->c;
	size_t at = 0;

	for (int i = 0; i < c->n_in + c->ps.n; i++) {
		size_t len = check_size(c, i);
		float *v;

		if (i < c->n_in) {
			v = t->in[i] = calloc(len ? len : 1, sizeof *v);
			assert_non_null(v);
			t->x[i] = tape_wrap(tape, v, c->rows[i], c->cols[i]);
		} else {
			v = param_value(&c->ps, i - c->n_in);
		}
		for (size_t j = 0; j < len; j++) {
			v[j] = (float)test_uniform(1, at);
			t->theta[at++] = (double)v[j];
		}
	}
}

/* Weights for the results; then compares values, results or loss. */
static void trial_compare(struct trial *t, double loss)
{
	double f;

	for (int k = 0; k < 2 && t->y[k]; k++) {
		t->ny[k] = (size_t)t->y[k]->rows * (size_t)t->y[k]->cols;
		t->cy[k] = new_doubles(t->ny[k]);
		t->oy[k] = new_doubles(t->ny[k]);
		for (size_t i = 0; i < t->ny[k]; i++)
			t->cy[k][i] = (double)(float)
				test_uniform(2 + (uint64_t)k, i);
	}
	f = trial_eval(t, t->theta);
	for (int k = 0; k < 2 && t->y[k]; k++)
		check_close("result", t->y[k]->v, t->oy[k], t->ny[k]);
	if (!t->y[0] && !(fabs(f - loss) <= 2e-6 * (1.0 + fabs(f))))
		fail_msg("loss %.9g, oracle %.9g", loss, f);
}

/* Seeds the results' gradients and walks back. */
static void trial_backward(struct trial *t, struct tape *tape)
{
	for (int k = 0; k < 2 && t->y[k]; k++) {
		float *d = ten_grad(tape, t->y[k]);

		for (size_t i = 0; i < t->ny[k]; i++)
			d[i] = (float)t->cy[k][i];
	}
	if (t->c->flags & HAS_GRAD) {
		float *d = ten_grad(tape, t->x[0]);

		for (size_t j = 0; j < check_size(t->c, 0); j++)
			d[j] += 0.25f;
	}
	tape_backward(tape);
}

/* All gradients in theta's order. */
static void trial_gather(struct trial *t, struct grads *gr)
{
	size_t at = 0;

	for (int i = 0; i < t->c->n_in + t->c->ps.n; i++) {
		int p = i - t->c->n_in;
		const float *d = i < t->c->n_in ? t->x[i]->d :
				 grads_touched(gr, p) ? grads_at(gr, p) : NULL;

		for (size_t j = 0; j < check_size(t->c, i); j++)
			t->g[at++] = d ? (double)d[j] : 0.0;
	}
	if (t->c->flags & HAS_GRAD)
		for (size_t j = 0; j < check_size(t->c, 0); j++)
			t->g[j] -= 0.25;
}

static void trial_release(struct trial *t)
{
	for (int i = 0; i < IN_MAX; i++)
		free(t->in[i]);
	for (int k = 0; k < 2; k++) {
		free(t->cy[k]);
		free(t->oy[k]);
	}
	free(t->theta);
	free(t->g);
	free(t->u);
}

/* Runs everything on `c`, whose sizes and functions are set. */
static void check_run(struct check *c)
{
	struct trial t = { .c = c };
	double loss = 0.0;
	struct tape tape;
	struct grads *gr;

	blas_init();
	param_set_alloc(&c->ps);
	for (int i = 0; i < c->n_in + c->ps.n; i++)
		t.n += check_size(c, i);
	t.theta = new_doubles(t.n);
	t.g = new_doubles(t.n);
	t.u = new_doubles(t.n);
	tape_init(&tape, &c->ps);
	gr = grads_new(&c->ps);
	tape_begin(&tape, gr, c->noise);
	trial_values(&t, &tape);
	t.y[0] = c->run(c, &tape, t.x, &loss, &t.y[1]);
	trial_compare(&t, loss);
	trial_backward(&t, &tape);
	trial_gather(&t, gr);
	trial_directions(&t);
	trial_release(&t);
	grads_free(gr);
	tape_release(&tape);
	param_set_release(&c->ps);
}

#endif
