/*
 * method_stch.c - smooth Tchebycheff scalarization (Lin, Zhang, Yang, Liu, Wang & Zhang
 * 2024, eq. 9): mu log sum exp(w_i f_i / mu), the smooth maximum of the preferred losses,
 * whose gradient is sum w_i softmax(w f / mu)_i f_i'. w_i is the hand's weight, which also
 * multiplies what is said here; the ideal losses are 0.
 *
 * f_i = L_i / n_i, n_i the task's mean loss over the first `warmup` steps in which it was
 * met, with every factor 1 until all active tasks have theirs: losses of different kinds
 * are compared by what is left of them, as in the authors' own experiments. With warmup 0
 * f_i = L_i. Of each task its newest loss (losses.h).
 *   Constant: T times the harmonic mean of n, so that at equal f the factors' mean is 1.
 */
#include "mix/losses.h"
#include "mix/mix.h"

enum { MU, WARMUP };               /* parameters */
enum { LAST, SUM, SEEN, EACH };    /* memory of each task */

/* The task's n_i; 0: it is not known yet. */
static double nadir(const struct mix_view *v, const double *memory)
{
	if (v->param[WARMUP] < 1)
		return 1;
	return memory[SEEN] >= v->param[WARMUP] ? memory[SUM] / memory[SEEN] : 0;
}

static void say(const struct mix_view *v, double *memory, double *factor)
{
	int task[MIX_TASKS_MAX];
	int n = losses_take(v, v->loss, EACH, 1e-12, memory, task);
	double f[MIX_TASKS_MAX], of[MIX_TASKS_MAX], inverse = 0;

	for (int k = 0; k < n; k++) {
		double *x = &memory[EACH * task[k]];

		if (v->count[task[k]] && x[SEEN] < v->param[WARMUP]) {
			x[SUM] += x[LAST];
			x[SEEN] += 1;
		}
		of[k] = nadir(v, x);
		inverse = of[k] > 0 && inverse >= 0 ? inverse + 1 / of[k] / n : -1;
	}
	if (!n || inverse < 0)
		return;
	for (int k = 0; k < n; k++)
		f[k] = v->ch[task[k]].weight * memory[EACH * task[k] + LAST] / of[k] /
		       v->param[MU];
	losses_softmax(f, n);
	for (int k = 0; k < n; k++)
		factor[task[k]] = n * f[k] / of[k] / inverse;
}

const struct method method_stch = {
	.name = "stch",
	.help = "the smooth maximum of the losses, each by its own at the start: who is "
		"furthest behind counts most",
	.source = "Lin et al. 2024, Smooth Tchebycheff Scalarization",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_LOSSES,
	.param = { [MU] = { "mu", 1e-3, 1e3, 0.1,
			    "smoothing: less is nearer to the maximum", NULL },
		   [WARMUP] = { "warmup", 0, 1e6, 100, "steps whose mean loss is each task's "
				"measure; 0: losses as they are", mix_whole } },
	.each = EACH,
	.say = say,
};
