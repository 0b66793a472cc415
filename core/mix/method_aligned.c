/*
 * method_aligned.c - aligned gradients (Senushkin, Patakin, Kuznetsov & Konushin 2023,
 * "Independent Component Alignment", eq. 9 to 12): the tasks' gradients are replaced by
 * the nearest set of equal condition, all principal components as long as the shortest:
 *   c = B p, B = sqrt(least) V diag(1 / sqrt(lambda)) V', G = V diag(lambda) V', p = 1 / T.
 *
 * Components below 1e-10 of the greatest are none: float gradients do not know them.
 * Dependent gradients are so aligned in the space they span. Constant: T.
 */
#include "mix/around.h"
#include "mix/gram.h"

static void say(const struct mix_view *v, double *memory, double *out)
{
	double value[MIX_TASKS_MAX], vector[GRAM_MOST], c[MIX_TASKS_MAX] = { 0 };
	double most = 0, least = 0;
	struct gram g;

	(void)memory;
	if (!gram_read(v, &g))
		return;
	solve_eigen(g.n, g.g, value, vector);
	for (int i = 0; i < g.n; i++)
		most = value[i] > most ? value[i] : most;
	for (int i = 0; i < g.n; i++)
		if (value[i] > 1e-10 * most && (least == 0 || value[i] < least))
			least = value[i];
	for (int k = 0; k < g.n; k++) {
		double sum = 0;

		if (!(value[k] > 1e-10 * most))
			continue;
		for (int i = 0; i < g.n; i++)
			sum += vector[i * g.n + k] / g.n;
		for (int i = 0; i < g.n; i++)
			c[i] += vector[i * g.n + k] * sum * __builtin_sqrt(least / value[k]);
	}
	gram_say(&g, c, g.n, out);
}

const struct method method_aligned = {
	.name = "aligned",
	.help = "the gradients' principal components made equally long: neither conflict "
		"nor dominance",
	.source = "Senushkin et al. 2023, Independent Component Alignment",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { MIX_AROUND },
	.say = say,
};
