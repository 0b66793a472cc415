/*
 * method_annealed.c - annealed sampling (Stickland & Murray 2019, "BERT and PALs",
 * section 4.2): p ~ size^alpha, alpha = 1 - 0.8 (e - 1) / (E - 1) in epoch e of E.
 * Proportional at first, nearly even at the end, when large tasks have learned most.
 *
 * Here alpha = 1 - fall x progress, progress = step / horizon, at most 1: a run has no
 * epochs in common, and its horizon is the plan's budget, or what `horizon` made of it.
 */
#include "mix/size_power.h"

enum { FALL };

static void say(const struct mix_view *v, double *memory, double *wish)
{
	double progress = v->horizon > 0 ? (double)v->step / (double)v->horizon : 1;

	(void)memory;
	progress = progress > 1 ? 1 : progress;
	size_power(v, 1 - v->param[FALL] * progress, wish);
}

const struct method method_annealed = {
	.name = "annealed",
	.help = "by size^a, a from 1 at the first step down to 1 - fall at the horizon",
	.source = "Stickland & Murray 2019, BERT and PALs",
	.role = METHOD_SAMPLING,
	.param = { [FALL] = { "fall", 0, 1, 0.8, "how far the exponent falls", NULL } },
	.say = say,
};
