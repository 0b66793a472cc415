/*
 * method_upgrad.c - unconflicting projection of gradients (Quinton & Rey 2024, "Jacobian
 * Descent for Multi-Objective Optimization", eq. 4 and 5, proposition 1): every task's
 * gradient is brought alone to where it conflicts with no task, and what comes out is
 * summed. As coefficients: the sum over i of the v >= p_i e_i with the least v' G v.
 *
 * G is G / tr G + eps I. The hand's preference p_i = weight x k_i / M is inside, so that
 * the promise holds for what is applied, up to eps: d . g_i >= -eps tr G v_i. c_i = v_i /
 * p_i. Constant: 1, since orthonormal gradients give v = p.
 */
#include "mix/around.h"
#include "mix/gram.h"

enum { EPS };

static void say(const struct mix_view *v, double *memory, double *out)
{
	static const double zero[MIX_TASKS_MAX];
	double a[GRAM_MOST], p[MIX_TASKS_MAX], c[MIX_TASKS_MAX] = { 0 };
	struct gram g;

	(void)memory;
	if (!gram_read(v, &g))
		return;
	gram_preference(&g, v, p);
	gram_conditioned(&g, v->param[EPS], a);
	for (int i = 0; i < g.n; i++) {
		double bound[MIX_TASKS_MAX] = { 0 }, part[MIX_TASKS_MAX];

		bound[i] = p[i];
		solve_above(g.n, a, zero, bound, part);
		for (int k = 0; k < g.n; k++)
			c[k] += part[k];
	}
	for (int i = 0; i < g.n; i++)
		c[i] /= p[i];
	gram_say(&g, c, 1, out);
}

const struct method method_upgrad = {
	.name = "upgrad",
	.help = "every task's gradient brought to where it conflicts with no task, then "
		"summed",
	.source = "Quinton & Rey 2024, Jacobian Descent",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { [EPS] = { "eps", 1e-10, 1, 1e-4, "on the diagonal, of the trace", NULL },
		   MIX_AROUND },
	.say = say,
};
