/*
 * method_dualproj.c - the preferred sum of gradients, brought to where it conflicts with
 * no task (Lopez-Paz & Ranzato 2017, "Gradient Episodic Memory", eq. 11, for all tasks at
 * once; Quinton & Rey 2024, section 2): the projection of sum p_i g_i on the cone of all d
 * with d . g_i >= 0. As coefficients: the v >= p with the least v' G v.
 *
 * G is G / tr G + eps I. The hand's preference p_i = weight x k_i / M is inside, so that
 * the promise holds for what is applied; c_i = v_i / p_i.
 *   Constant: 1, since orthonormal gradients give v = p.
 */
#include "mix/around.h"
#include "mix/gram.h"

enum { EPS };

static void say(const struct mix_view *v, double *memory, double *out)
{
	static const double zero[MIX_TASKS_MAX];
	double a[GRAM_MOST], p[MIX_TASKS_MAX], c[MIX_TASKS_MAX];
	struct gram g;

	(void)memory;
	if (!gram_read(v, &g))
		return;
	gram_preference(&g, v, p);
	gram_conditioned(&g, v->param[EPS], a);
	solve_above(g.n, a, zero, p, c);
	for (int i = 0; i < g.n; i++)
		c[i] /= p[i];
	gram_say(&g, c, 1, out);
}

const struct method method_dualproj = {
	.name = "dualproj",
	.help = "the weighted sum of gradients, brought to where it conflicts with no task",
	.source = "Lopez-Paz & Ranzato 2017; Quinton & Rey 2024",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { [EPS] = { "eps", 1e-10, 1, 1e-4, "on the diagonal, of the trace", NULL },
		   MIX_AROUND },
	.say = say,
};
