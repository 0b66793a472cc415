/*
 * method_pcgrad.c - projecting conflicting gradients (Yu et al. 2020, "Gradient Surgery
 * for Multi-Task Learning", algorithm 1): each task's gradient loses what points against
 * another's, one after the other in a drawn order,
 *   g_i <- g_i - (g_i . g_j / |g_j|^2) g_j  where g_i . g_j < 0,
 * and the sum of what is left is applied. As coefficients: row i holds g_i in terms of
 * all, c is the sum of the rows.
 *
 * The order is drawn from seed and step. From three tasks on a later projection may bring
 * back a conflict that an earlier one took away; what comes out may then still point
 * against a task. Constant: 1.
 */
#include "mix/around.h"
#include "mix/gram.h"

static void say(const struct mix_view *v, double *memory, double *out)
{
	double c[MIX_TASKS_MAX] = { 0 };
	struct gram g;

	(void)memory;
	if (!gram_read(v, &g))
		return;
	for (int i = 0; i < g.n; i++) {
		double row[MIX_TASKS_MAX] = { 0 };
		int order[MIX_TASKS_MAX], n = gram_order(&g, v, i, order);

		row[i] = 1;
		for (int k = 0; k < n; k++) {
			int j = order[k];
			double dot = gram_row(g.g, g.n, j, row);

			if (dot < 0)
				row[j] -= dot / g.g[j * g.n + j];
		}
		for (int k = 0; k < g.n; k++)
			c[k] += row[k];
	}
	gram_say(&g, c, 1, out);
}

const struct method method_pcgrad = {
	.name = "pcgrad",
	.help = "each task's gradient without what points against another's; from three "
		"tasks on a conflict may be left",
	.source = "Yu et al. 2020, Gradient Surgery",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { MIX_AROUND },
	.say = say,
};
