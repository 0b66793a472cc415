/*
 * method_mgda.c - the shortest combination of the tasks' gradients (Desideri 2012; Sener &
 * Koltun 2018, eq. 3): min over c >= 0, sum c = 1, of |sum c_i g_i|. Either it is 0, and
 * nothing is better for all, or it is a descent for every task, and equally much for all
 * with c_i > 0.
 *
 * Solved in q_i = |g_i| c_i on the cosines, which are as well conditioned as the problem
 * lets them be: min q' C q / 2 - sum q_i / |g_i| over q >= 0, then c = (q / |g|) made to
 * sum 1; the same minimum, and exact, where the paper goes on by Frank-Wolfe's steps. 1e-10
 * on the diagonal makes it one point where gradients are dependent.
 *   Constant: T.
 */
#include "mix/around.h"
#include "mix/gram.h"

static void say(const struct mix_view *v, double *memory, double *out)
{
	static const double zero[MIX_TASKS_MAX];
	double a[GRAM_MOST], b[MIX_TASKS_MAX], c[MIX_TASKS_MAX], least, sum = 0;
	struct gram g;

	(void)memory;
	if (!gram_read(v, &g))
		return;
	least = g.norm[0];
	for (int i = 0; i < g.n; i++)
		least = g.norm[i] < least ? g.norm[i] : least;
	for (int i = 0; i < g.n * g.n; i++)
		a[i] = g.cosine[i] + (i % (g.n + 1) ? 0 : 1e-10);
	for (int i = 0; i < g.n; i++)
		b[i] = least / g.norm[i];
	solve_above(g.n, a, b, zero, c);
	for (int i = 0; i < g.n; i++) {
		c[i] *= b[i];
		sum += c[i];
	}
	gram_say(&g, c, g.n / sum, out);
}

const struct method method_mgda = {
	.name = "mgda",
	.help = "the shortest combination of the tasks' gradients: no task gets worse, and "
		"small gradients count most",
	.source = "Sener & Koltun 2018",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_GRAM,
	.param = { MIX_AROUND },
	.say = say,
};
