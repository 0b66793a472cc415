/*
 * optim.c - AdamW on the touched parts of a gradient block.
 *
 * Everything that is one number per parameter (bias corrections, step size) is
 * computed in double; the rest is one elementwise kernel, so any split of a
 * parameter over workers gives the same bits.
 */
#include "tensor/optim.h"

#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "tensor/kernels.h"
#include "tensor/vmath.h"

void adamw_init(struct adamw *o, const struct param_set *ps)
{
	size_t n = ps->moving ? ps->moving : 1;

	o->ps = ps;
	o->m = xalloc64(n * sizeof *o->m);
	o->v = xalloc64(n * sizeof *o->v);
	o->count = xcalloc(ps->n ? (size_t)ps->n : 1, sizeof *o->count);
	o->rate = xcalloc(ps->n ? (size_t)ps->n : 1, sizeof *o->rate);
	o->group = xcalloc(ps->n ? (size_t)ps->n : 1, sizeof *o->group);
	for (int p = 0; p < ps->n; p++) {
		o->rate[p] = 1;
		o->group[p] = ps->p[p].owner == PARAM_SHARED ? 0 : 1 + ps->p[p].owner;
	}
}

size_t adamw_bytes(const struct param_set *ps)
{
	return 2 * ps->moving * sizeof(float) + (size_t)ps->n *
	       (sizeof(int64_t) + sizeof(double) + sizeof(int));
}

void adamw_release(struct adamw *o)
{
	xfree(o->m);
	xfree(o->v);
	xfree(o->count);
	xfree(o->rate);
	xfree(o->group);
	*o = (struct adamw){ 0 };
}

void adamw_clear(struct adamw *o)
{
	zero64(o->m, o->ps->moving * sizeof *o->m);
	zero64(o->v, o->ps->moving * sizeof *o->v);
	memset(o->count, 0, (size_t)o->ps->n * sizeof *o->count);
}

void adamw_count(struct adamw *o, const struct grads *g)
{
	for (int p = 0; p < o->ps->n; p++)
		if (grads_touched(g, p))
			o->count[p]++;
}

/* b^n by squaring: libm's pow is not the same everywhere. */
static double power(double b, int64_t n)
{
	double r = 1.0;

	for (; n > 0; n >>= 1, b *= b)
		if (n & 1)
			r *= b;
	return r;
}

/*
 * A mean of gradients of at most ADAMW_GRADIENT, divided by nothing but eps, moves a weight
 * by 1e36 at most, all that the mean still holds included: no float runs over. Of an eps
 * and a rate that anybody would train with this changes nothing.
 */
static float sane_eps(double eps, double step)
{
	double least = step * ADAMW_GRADIENT / 1e36;

	return (float)(eps < least ? least : eps);
}

static struct adamw_coef coefficients(const struct adamw_group *a, double rate,
				      float scale, bool decay, int64_t count)
{
	double lr = (double)a->lr * rate; /* times 1 is itself, to the bit */
	double wd = decay ? (double)a->weight_decay : 0.0;
	double b1 = (double)a->beta1, b2 = (double)a->beta2;
	double step = lr / (1.0 - power(b1, count));

	if (rate > 1 && lr * wd > 1) /* it would turn weights around */
		wd = 1 / lr;
	return (struct adamw_coef){
		.scale = scale,
		.beta1 = a->beta1,
		.beta2 = a->beta2,
		.eps = sane_eps((double)a->eps, step),
		.rest1 = (float)(1.0 - b1),
		.rest2 = (float)(1.0 - b2),
		.keep = (float)(1.0 - lr * wd),
		.step = (float)step,
		.root = (float)(1.0 / __builtin_sqrt(1.0 - power(b2, count))),
	};
}

/*
 * Moments that have decayed to nothing become 0: denormals would stay for ever
 * (0.9 times the smallest rounds to itself) and are slow on some CPUs.
 */
KERNEL void k_adamw(size_t n, float *restrict w, float *restrict m,
		    float *restrict v, const float *restrict g,
		    const struct adamw_coef *restrict c)
{
	const float scale = c->scale, b1 = c->beta1, b2 = c->beta2;
	const float r1 = c->rest1, r2 = c->rest2, eps = c->eps;
	const float keep = c->keep, step = c->step, root = c->root;

	for (size_t i = 0; i < n; i++) {
		float x = g[i] * scale;
		float a = b1 * m[i] + r1 * x;
		float b = b2 * v[i] + r2 * (x * x);

		a = a < 1e-36f && a > -1e-36f ? 0.0f : a;
		b = b < 1e-36f ? 0.0f : b;
		m[i] = a;
		v[i] = b;
		w[i] = w[i] * keep -
		       step * (a / (v_sqrt(b) * root + eps));
	}
}

/* Columns from..to of rows without a gradient: moments decay, weights follow. */
static void step_zero(size_t n, float *w, float *m, float *v,
		      const struct adamw_coef *c)
{
	static const float zero[256];

	for (size_t i = 0; i < n; i += 256) {
		size_t k = n - i < 256 ? n - i : 256;

		k_adamw(k, w + i, m + i, v + i, zero, c);
	}
}

/*
 * A table of which some rows have a gradient: each part takes some columns, of all rows,
 * so that nobody's share hangs on which rows those are.
 */
static void step_rows(struct adamw *o, struct grads *g, int p,
		      const struct adamw_coef *c, int part, int parts)
{
	const struct param *q = &o->ps->p[p];
	size_t cols = (size_t)q->cols;
	size_t from = cols * (size_t)part / (size_t)parts;
	size_t len = cols * ((size_t)part + 1) / (size_t)parts - from;
	const float *gv = grads_peek(g, p) + from;
	float *w = o->ps->value + q->offset + from;
	float *m = o->m + q->offset + from, *v = o->v + q->offset + from;
	bool lazy = q->flags & PARAM_LAZY;

	for (int r = 0; r < q->rows; r++) {
		size_t i = (size_t)r * cols;

		if (grads_has_row(g, p, r))
			k_adamw(len, w + i, m + i, v + i, gv + i, c);
		else if (!lazy)
			step_zero(len, w + i, m + i, v + i, c);
	}
}

void adamw_step(struct adamw *o, struct grads *g, float scale,
		const struct adamw_group *groups, int part, int parts)
{
	BUG_IF(part < 0 || part >= parts);
	for (int p = 0; p < o->ps->n; p++) {
		const struct param *q = &o->ps->p[p];
		size_t n = param_count(o->ps, p), from, len;
		struct adamw_coef c;

		if (!grads_touched(g, p))
			continue;
		BUG_IF(o->count[p] < 1);
		c = coefficients(&groups[o->group[p]], o->rate[p], scale,
				 q->flags & PARAM_DECAY, o->count[p]);
		if (!grads_whole(g, p)) {
			step_rows(o, g, p, &c, part, parts);
			continue;
		}
		from = n * (size_t)part / (size_t)parts;
		len = n * ((size_t)part + 1) / (size_t)parts - from;
		k_adamw(len, o->ps->value + q->offset + from,
			o->m + q->offset + from, o->v + q->offset + from,
			grads_peek(g, p) + from, &c);
	}
}
