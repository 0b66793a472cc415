/*
 * method_cagrad.c - conflict-averse gradient descent (Liu, Liu, Jin, Stone & Liu 2021, eq.
 * 3 and 4, algorithm 1): of all d with |d - g0| <= c |g0|, g0 the tasks' mean, the one
 * that is best for the task it is worst for. Its dual is
 *   min over w >= 0, sum w = 1, of F(w) = g_w . g0 + c |g0| |g_w|, g_w = sum w_i g_i,
 *   d = g0 + c |g0| / |g_w| g_w.
 *
 * Solved by moving weight from the task where F rises most to the one where it rises least,
 * each time as far as is best: along such a line F is a line and the root of a parabola,
 * and its least has a formula. Where g_w becomes 0 the bound is nobody's: d is g0.
 *   Constant: T / (1 + c).
 */
#include "mix/around.h"
#include "mix/gram.h"

enum { C };

struct dual {
	int n;
	const double *g;
	double b[MIX_TASKS_MAX], w[MIX_TASKS_MAX]; /* b_i = g_i . g0 */
	double of[MIX_TASKS_MAX];                  /* (G w)_i */
	double bound, length;                      /* c |g0|, |g_w| */
};

static void look(struct dual *x)
{
	for (int i = 0; i < x->n; i++)
		x->of[i] = gram_row(x->g, x->n, i, x->w);
	x->length = __builtin_sqrt(gram_form(x->g, x->n, x->w));
}

/* min over t of beta t + bound sqrt(a t^2 + 2 b t + length^2), from -back to ahead. */
static double best_step(const struct dual *x, int to, int from)
{
	double ahead = x->w[from], back = x->w[to];
	double beta = x->b[to] - x->b[from], b = x->of[to] - x->of[from];
	double a = x->g[to * x->n + to] + x->g[from * x->n + from] -
		   2 * x->g[to * x->n + from];
	double steep, rest, t;

	if (!(a > 1e-15 * (x->g[to * x->n + to] + x->g[from * x->n + from])))
		return beta < 0 ? ahead : beta > 0 ? -back : 0;
	steep = x->bound * x->bound * a - beta * beta;
	if (steep <= 0)
		return beta < 0 ? ahead : -back;
	rest = (x->length * x->length - b * b / a) / a;
	rest = rest > 0 ? rest : 0;
	t = -b / a - beta * __builtin_sqrt(rest / steep);
	return t > ahead ? ahead : t < -back ? -back : t;
}

/* The pair that promises most; false: nothing does, but for rounding. */
static bool pick(const struct dual *x, int *to, int *from)
{
	double low = 0, high = 0, size = 0;

	*to = *from = -1;
	for (int i = 0; i < x->n; i++) {
		double slope = x->b[i] + x->bound * x->of[i] / x->length;
		double own = x->g[i * x->n + i];

		size = own > size ? own : size;
		if (*to < 0 || slope < low) {
			low = slope;
			*to = i;
		}
		if (x->w[i] > 0 && (*from < 0 || slope > high)) {
			high = slope;
			*from = i;
		}
	}
	return *to != *from && high - low > 1e-13 * size;
}

static void solve(struct dual *x, double least)
{
	int to, from;

	look(x);
	for (int i = 0; i < 2000 * x->n && x->length > least && pick(x, &to, &from); i++) {
		double t = best_step(x, to, from);

		x->w[to] += t;
		x->w[from] = t == x->w[from] ? 0 : x->w[from] - t;
		x->w[from] = x->w[from] > 0 ? x->w[from] : 0;
		look(x);
	}
}

static void say(const struct mix_view *v, double *memory, double *out)
{
	struct dual x = { .n = 0 };
	double c[MIX_TASKS_MAX], reach = v->param[C], size;
	struct gram g;

	(void)memory;
	if (!gram_read(v, &g))
		return;
	x.n = g.n;
	x.g = g.g;
	size = __builtin_sqrt(gram_trace(&g));
	for (int i = 0; i < g.n; i++)
		x.w[i] = 1.0 / g.n;
	for (int i = 0; i < g.n; i++)
		x.b[i] = gram_row(g.g, g.n, i, x.w);
	x.bound = reach * __builtin_sqrt(gram_form(g.g, g.n, x.w));
	solve(&x, 1e-9 * size);
	for (int i = 0; i < g.n; i++)
		c[i] = 1.0 / g.n + (x.length > 1e-9 * size ?
				    x.bound / x.length * x.w[i] : 0);
	gram_say(&g, c, g.n / (1 + reach), out);
}

const struct method method_cagrad = {
	.name = "cagrad",
	.help = "near the mean gradient, the direction that is best for the task it is "
		"worst for",
	.source = "Liu et al. 2021, Conflict-Averse Gradient Descent",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { [C] = { "c", 0, 10, 0.5, "how far from the mean, in its lengths", NULL },
		   MIX_AROUND },
	.say = say,
};
