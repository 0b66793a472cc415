/*
 * method_gradvac.c - gradient vaccine (Wang, Tsvetkov, Firat & Cao 2021, eq. 4 and 5,
 * algorithm 1): as PCGrad, but a pair's cosine is brought up to what it has been of late,
 * not to 0: where phi = cos(g_i, g_j) < target,
 *   g_i <- g_i + |g_i| (target sqrt(1 - phi^2) - phi sqrt(1 - target^2))
 *                      / (|g_j| sqrt(1 - target^2)) g_j,
 * and then target <- (1 - beta) target + beta phi, of every pair, from 0: so the first
 * call is PCGrad's. phi is of g_i as it has become by then. Constant: 1.
 *
 * A target stays below 0.999: towards 1 the formula asks for ever more of g_j.
 */
#include "mix/around.h"
#include "mix/gram.h"

enum { BETA };

static double root_of_rest(double x)
{
	double rest = 1 - x * x;

	return rest > 0 ? __builtin_sqrt(rest) : 0;
}

/* Task j's part in row i, whose cosine with it is `phi`. */
static double vaccine(double length, double norm, double phi, double target)
{
	double rest = root_of_rest(target);

	return length * (target * root_of_rest(phi) - phi * rest) / (norm * rest);
}

static void say(const struct mix_view *v, double *memory, double *out)
{
	double c[MIX_TASKS_MAX] = { 0 }, beta = v->param[BETA];
	struct gram g;

	if (!gram_read(v, &g))
		return;
	for (int i = 0; i < g.n; i++) {
		double row[MIX_TASKS_MAX] = { 0 };
		int order[MIX_TASKS_MAX], n = gram_order(&g, v, i, order);

		row[i] = 1;
		for (int k = 0; k < n; k++) {
			int j = order[k];
			double *target = &memory[g.task[i] * v->n + g.task[j]];
			double length = __builtin_sqrt(gram_form(g.g, g.n, row)), phi;

			if (!(length > 1e-12 * g.norm[i]))
				break; /* the others have taken all of it */
			phi = gram_row(g.g, g.n, j, row) / length / g.norm[j];
			phi = phi < -1 ? -1 : phi > 1 ? 1 : phi;
			if (phi < *target)
				row[j] += vaccine(length, g.norm[j], phi, *target);
			*target = (1 - beta) * *target + beta * phi;
			*target = *target > 0.999 ? 0.999 :
				  *target < -0.999 ? -0.999 : *target;
		}
		for (int k = 0; k < g.n; k++)
			c[k] += row[k];
	}
	gram_say(&g, c, 1, out);
}

const struct method method_gradvac = {
	.name = "gradvac",
	.help = "each pair's cosine brought up to what it has been of late; the first step "
		"is pcgrad's",
	.source = "Wang et al. 2021, Gradient Vaccine",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { [BETA] = { "beta", 0, 1, 0.01, "how fast the wished cosines follow", NULL },
		   MIX_AROUND },
	.pairs = 1,
	.say = say,
};
