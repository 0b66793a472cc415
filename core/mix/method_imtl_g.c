/*
 * method_imtl_g.c - impartial learning on gradients (Liu, Li, Kuang et al. 2021, "Towards
 * Impartial Multi-Task Learning", eq. 5 and 6): the combination with sum c = 1 whose
 * projections on all tasks' gradients are equally long, g . g_i / |g_i| alike.
 *
 * In terms of the cosines: C y = 1, c = y / |g| made to sum 1. A coefficient may be
 * negative. 1e-9 on the diagonal: gradients that are dependent have an answer too. Where
 * the sum is 0 but for rounding, the condition has none, and all count alike.
 *   With two tasks this is Nash-MTL's direction. Constant: T.
 */
#include "mix/around.h"
#include "mix/gram.h"

static void say(const struct mix_view *v, double *memory, double *out)
{
	double a[GRAM_MOST], b[MIX_TASKS_MAX], c[MIX_TASKS_MAX], sum = 0, size = 0;
	struct gram g;
	bool is_solved;

	(void)memory;
	if (!gram_read(v, &g))
		return;
	for (int i = 0; i < g.n * g.n; i++)
		a[i] = g.cosine[i] + (i % (g.n + 1) ? 0 : 1e-9);
	for (int i = 0; i < g.n; i++)
		b[i] = 1;
	is_solved = solve_cholesky(g.n, a, b, c);
	for (int i = 0; i < g.n && is_solved; i++) {
		c[i] *= g.norm[0] / g.norm[i];
		sum += c[i];
		size += c[i] < 0 ? -c[i] : c[i];
	}
	if (!is_solved || !(sum > 1e-6 * size || sum < -1e-6 * size)) {
		gram_say(&g, b, 1, out);
		return;
	}
	gram_say(&g, c, g.n / sum, out);
}

const struct method method_imtl_g = {
	.name = "imtl_g",
	.help = "equally far along every task's gradient, however long it is; with two "
		"tasks the direction of fairgrad",
	.source = "Liu et al. 2021, Impartial Multi-Task Learning",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { MIX_AROUND },
	.say = say,
};
