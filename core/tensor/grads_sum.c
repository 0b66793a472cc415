/*
 * grads_sum.c - numbers and sums over one owner's parameters, in parts: squares, inner
 * products, and what several buffers come to with coefficients.
 */
#include "tensor/grads_own.h"

#include <string.h>

#include "tensor/kernels.h"

static double sumsq_param(const struct grads *g, int p, int part)
{
	const float *x = values(g, p);
	size_t from, to;
	double sum = 0.0;

	grads_slice(g, p, part, GRADS_PARTS, &from, &to);
	if (g->slot[p].touch == WHOLE)
		return k_sumsq(to - from, x + from);
	for (size_t at = from, n; (n = grads_next(g, p, &at, to)); at += n)
		sum += k_sumsq(n, x + at);
	return sum;
}

double grads_sumsq_param(const struct grads *g, int p, int part)
{
	return g->slot[p].touch == UNTOUCHED ? 0 : sumsq_param(g, p, part);
}

double grads_sumsq_part(const struct grads *g, int owner_filter, int part)
{
	double sum = 0.0;

	for (int p = 0; p < g->ps->n; p++)
		if (g->slot[p].touch != UNTOUCHED && is_of(&g->ps->p[p], owner_filter))
			sum += sumsq_param(g, p, part);
	return sum;
}

double grads_sumsq(const struct grads *g, int owner_filter)
{
	double sum = 0.0;

	for (int part = 0; part < GRADS_PARTS; part++)
		sum += grads_sumsq_part(g, owner_filter, part);
	return sum;
}

/* --- one owner's, of several buffers --- */

static void add_some_rows(struct grads *sum, const struct grads *g, float its, int p)
{
	const float *x = values(g, p);
	size_t cols = (size_t)g->ps->p[p].cols, to = param_count(g->ps, p);

	for (size_t at = 0, n; (n = grads_next(g, p, &at, to)); at += n)
		k_axpy(n, grads_row(sum, p, (int)(at / cols)), its, x + at);
}

void grads_add_param(struct grads *sum, const struct grads *g, float its, int p)
{
	size_t n = param_count(g->ps, p);
	bool add;
	float *y;

	BUG_IF(sum->ps != g->ps);
	if (g->slot[p].touch == UNTOUCHED)
		return;
	if (g->slot[p].touch == SOME_ROWS) {
		add_some_rows(sum, g, its, p);
		return;
	}
	y = grads_raw(sum, p, &add);
	if (add)
		k_axpy(n, y, its, values(g, p));
	else
		k_scale(n, y, its, values(g, p));
}

void grads_add_owned(struct grads *sum, const struct grads *g, float its, int owner)
{
	for (int p = 0; p < g->ps->n; p++)
		if (g->ps->p[p].owner == owner)
			grads_add_param(sum, g, its, p);
}

/* Where one side has some rows, only rows that both have count: the others are 0. */
static double inner_param(const struct grads *a, const struct grads *b, int p, int part)
{
	const struct grads *rows = a->slot[p].touch == SOME_ROWS ? a : b;
	const struct grads *other = rows == a ? b : a;
	const float *x = values(a, p), *y = values(b, p);
	size_t cols = (size_t)a->ps->p[p].cols, from, to;
	double sum = 0.0;

	grads_slice(a, p, part, GRADS_PARTS, &from, &to);
	if (rows->slot[p].touch == WHOLE)
		return k_inner(to - from, x + from, y + from);
	for (size_t at = from, n; (n = grads_next(rows, p, &at, to)); at += n)
		if (grads_has_row(other, p, (int)(at / cols)))
			sum += k_inner(n, x + at, y + at);
	return sum;
}

double grads_inner_param(const struct grads *a, const struct grads *b, int p, int part)
{
	return grads_touched(a, p) && grads_touched(b, p) ? inner_param(a, b, p, part) : 0;
}

double grads_inner_part(const struct grads *a, const struct grads *b, int owner, int part)
{
	double sum = 0.0;

	BUG_IF(a->ps != b->ps);
	for (int p = 0; p < a->ps->n; p++)
		if (is_of(&a->ps->p[p], owner) && grads_touched(a, p) &&
		    grads_touched(b, p))
			sum += inner_param(a, b, p, part);
	return sum;
}

static void set_zero(struct grads *g, int p, size_t from, size_t to)
{
	float *y = values(g, p);

	if (g->slot[p].touch == WHOLE) {
		memset(y + from, 0, (to - from) * sizeof *y);
		return;
	}
	for (size_t at = from, n; (n = grads_next(g, p, &at, to)); at += n)
		memset(y + at, 0, n * sizeof *y);
}

static void add_slice(struct grads *sum, const struct grads *g, float by, int p,
		      size_t from, size_t to)
{
	float *y = values(sum, p);
	const float *x = values(g, p);

	BUG_IF(g->slot[p].touch == WHOLE && sum->slot[p].touch != WHOLE);
	if (g->slot[p].touch == WHOLE) {
		k_axpy(to - from, y + from, by, x + from);
		return;
	}
	for (size_t at = from, n; (n = grads_next(g, p, &at, to)); at += n)
		k_axpy(n, y + at, by, x + at);
}

/*
 * In the place of what `sum` holds there: what is touched stays touched, since the same
 * micro-batches made both (the BUG_IF of add_slice).
 */
void grads_combine(struct grads *sum, int owner, int n, const struct grads *const *from,
		   const float *by, const int *row, int part)
{
	for (int p = 0; p < sum->ps->n; p++) {
		size_t begin, end;

		if (!is_of(&sum->ps->p[p], owner) || !grads_touched(sum, p))
			continue;
		grads_slice(sum, p, part, GRADS_PARTS, &begin, &end);
		set_zero(sum, p, begin, end);
		for (int i = 0; i < n; i++)
			if (from[i] && grads_touched(from[i], p))
				add_slice(sum, from[i], by[row[p] * n + i], p, begin,
					  end);
	}
}
