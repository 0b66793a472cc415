/*
 * method_gls.c - the geometric mean of the losses (Chennupati, Sistu, Yogamani & Rawashdeh
 * 2019, "MultiNet++", eq. 3): L = (prod L_i)^(1/T), whose gradient is sum L / (T L_i) g_i:
 * every loss counts by how much of itself it falls. Of each task its newest loss
 * (losses.h). Constant: T, so losses that are equal give 1.
 */
#include "mix/losses.h"

#include "tensor/vmath.h"

enum { FLOOR };

static void say(const struct mix_view *v, double *memory, double *factor)
{
	int task[MIX_TASKS_MAX];
	int n = losses_take(v, v->loss, 1, v->param[FLOOR], memory, task);
	double mean = 0;

	for (int k = 0; k < n; k++)
		mean += v_logd(memory[task[k]]) / n;
	for (int k = 0; k < n; k++)
		factor[task[k]] = v_expd(mean - v_logd(memory[task[k]]));
}

const struct method method_gls = {
	.name = "gls",
	.help = "the geometric mean of the losses: each counts by its relative fall",
	.source = "Chennupati et al. 2019, MultiNet++",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_LOSSES,
	.param = { [FLOOR] = { "floor", 1e-12, 1, 1e-4,
			       "a loss counts as this much at least", NULL } },
	.each = 1,
	.say = say,
};
