/*
 * method_fairgrad.c - alpha-fair resource allocation (Ban & Ji 2024, "Fair Resource
 * Allocation in Multi-Task Learning", eq. 5 and 6): c > 0 with G c = c^(-1 / alpha). alpha
 * 1 is Nash-MTL (Navon et al. 2022, eq. 2): c_i g_i . d = 1, the bargain that no task would
 * leave; it ignores the length of each gradient. Towards 0 the sum of all gains counts,
 * towards infinity the smallest gain.
 *
 * In z_i = |g_i| c_i this is C z = r z^(-1 / alpha) with the cosines C and r_i = |g_i|^(1 /
 * alpha - 1), in lengths divided by their geometric mean, which scales c alone. It is where
 *   z' C z / 2 - sum r_i u(z_i), u' = z^(-1 / alpha),
 * is least: convex, so Newton's steps, halved until they stay positive and descend, get
 * there from anywhere. 1e-6 on the diagonal: opposed gradients have an answer too (their
 * coefficients stay below a thousand lengths). Constant: 1.
 */
#include <math.h> /* HUGE_VAL */
#include <string.h>

#include "mix/around.h"
#include "mix/gram.h"
#include "tensor/vmath.h"

enum { ALPHA };

struct fair {
	int n;
	double by;                    /* 1 / alpha */
	double a[GRAM_MOST], r[MIX_TASKS_MAX];
};

static double power(double x, double by)
{
	return v_expd(by * v_logd(x));
}

static double value(const struct fair *x, const double *z)
{
	double sum = 0;

	for (int i = 0; i < x->n; i++) {
		double log = v_logd(z[i]), rest = 1 - x->by;

		sum += z[i] * gram_row(x->a, x->n, i, z) / 2;
		sum -= x->r[i] * (rest < 1e-9 && rest > -1e-9 ? log : v_expd(rest * log) / rest);
	}
	return sum;
}

/* Newton's step at z, and how much it promises: 0 at the solution. */
static double newton(const struct fair *x, const double *z, double *step)
{
	double h[GRAM_MOST], down[MIX_TASKS_MAX], promise = 0;

	memcpy(h, x->a, (size_t)(x->n * x->n) * sizeof *h);
	for (int i = 0; i < x->n; i++) {
		double pull = x->r[i] * power(z[i], -x->by);

		down[i] = pull - gram_row(x->a, x->n, i, z);
		h[i * x->n + i] += x->by * pull / z[i];
	}
	if (!solve_cholesky(x->n, h, down, step))
		return 0;
	for (int i = 0; i < x->n; i++)
		promise += down[i] * step[i];
	return promise;
}

static bool is_positive(int n, const double *z)
{
	for (int i = 0; i < n; i++)
		if (!(z[i] > 0))
			return false;
	return true;
}

/* The longest of the step's halves that stays positive and descends; false: none. */
static bool halve(const struct fair *x, const double *step, double promise, double now,
		  double *z)
{
	double to[MIX_TASKS_MAX], t = 1, size = now < 0 ? -now : now;
	bool is_near = promise < 1e-8 * (1 + size); /* below what `now` can tell apart */

	for (int half = 0; half < 60; half++, t /= 2) {
		for (int i = 0; i < x->n; i++)
			to[i] = z[i] + t * step[i];
		if (!is_positive(x->n, to) ||
		    (!is_near && value(x, to) > now - 1e-4 * t * promise))
			continue;
		memcpy(z, to, (size_t)x->n * sizeof *z);
		return true;
	}
	return false;
}

/* Near the solution each step squares what is left, until rounding is: it grows again. */
static void solve(const struct fair *x, double *z)
{
	double step[MIX_TASKS_MAX], last = HUGE_VAL;

	for (int round = 0; round < 200; round++) {
		double promise = newton(x, z, step), now = value(x, z);

		if (!(promise > 0) || (promise < 1e-20 && promise >= last) ||
		    !halve(x, step, promise, now, z))
			return;
		last = promise;
	}
}

static void say(const struct mix_view *v, double *memory, double *out)
{
	double z[MIX_TASKS_MAX], log_mean = 0, by = 1 / v->param[ALPHA];
	struct fair x = { .by = by };
	struct gram g;

	(void)memory;
	if (!gram_read(v, &g))
		return;
	x.n = g.n;
	for (int i = 0; i < g.n; i++)
		log_mean += v_logd(g.norm[i]) / g.n;
	for (int i = 0; i < g.n * g.n; i++)
		x.a[i] = g.cosine[i] + (i % (g.n + 1) ? 0 : 1e-6);
	for (int i = 0; i < g.n; i++) {
		x.r[i] = v_expd((by - 1) * (v_logd(g.norm[i]) - log_mean));
		z[i] = power(x.r[i], 1 / (1 + by));
	}
	solve(&x, z);
	for (int i = 0; i < g.n; i++)
		z[i] = z[i] / g.norm[i] * v_expd(log_mean * (1 - 2 / (1 + by)));
	gram_say(&g, z, 1, out);
}

const struct method method_fairgrad = {
	.name = "fairgrad",
	.help = "gains shared out fairly among the tasks; alpha 1 is Nash-MTL, and with two "
		"tasks the direction of imtl_g",
	.source = "Ban & Ji 2024; Navon et al. 2022",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { [ALPHA] = { "alpha", 0.2, 10, 1,
			       "0: the sum of gains, 1: Nash, more: the least gain", NULL },
		   MIX_AROUND },
	.say = say,
};
