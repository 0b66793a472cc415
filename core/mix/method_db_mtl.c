/*
 * method_db_mtl.c - dual balancing (Lin, Jiang, Ye, Zhang, Chen, Chen & Kwok 2023, eq. 2
 * and 4, algorithm 1): the gradients of log L_i, that is g_i / L_i, all brought to the
 * length of the longest,
 *   c_i = m_most / m_i / L_i, m_i = |g_i| / L_i smoothed:
 *   m <- b m + (1 - b) |g_i| / L_i, b = beta / k^sigma at the task's k-th step.
 *
 * The paper smooths the gradients themselves, at the price of a model for every task; their
 * lengths are what the balance goes by. Constant: the loss of the task that has the
 * longest, so that orthonormal gradients at equal losses give 1.
 */
#include <math.h> /* isfinite */

#include "mix/around.h"
#include "mix/gram.h"
#include "tensor/vmath.h"

enum { BETA, SIGMA };      /* parameters */
enum { MEAN, SEEN, EACH }; /* memory of each task */

static void say(const struct mix_view *v, double *memory, double *out)
{
	double c[MIX_TASKS_MAX], loss[MIX_TASKS_MAX];
	struct gram g;
	int most = 0;

	if (!v->loss || !gram_read(v, &g))
		return;
	for (int k = 0; k < g.n; k++) {
		double *x = &memory[EACH * g.task[k]], stays;

		loss[k] = v->loss[g.task[k]];
		loss[k] = isfinite(loss[k]) && loss[k] > 1e-12 ? loss[k] : 1e-12;
		stays = x[SEEN] > 0 ? v->param[BETA] * v_expd(-v->param[SIGMA] *
							      v_logd(x[SEEN])) : 0;
		x[MEAN] = stays * x[MEAN] + (1 - stays) * g.norm[k] / loss[k];
		x[SEEN] += 1;
		c[k] = x[MEAN];
		most = c[k] > c[most] ? k : most;
	}
	for (int k = g.n - 1; k >= 0; k--)
		c[k] = memory[EACH * g.task[most] + MEAN] * loss[most] / (c[k] * loss[k]);
	gram_say(&g, c, 1, out);
}

const struct method method_db_mtl = {
	.name = "db_mtl",
	.help = "gradients of the losses' logarithms, all as long as the longest",
	.source = "Lin et al. 2023, Dual-Balancing",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_LOSSES | NEEDS_NORMS,
	.param = { [BETA] = { "beta", 0, 0.999, 0.9, "part of the mean length that stays", NULL },
		   [SIGMA] = { "sigma", 0, 2, 0.5, "how fast beta falls: beta / k^sigma", NULL },
		   MIX_AROUND },
	.each = EACH,
	.say = say,
};
