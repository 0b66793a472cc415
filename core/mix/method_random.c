/*
 * method_random.c - random loss weighting (Lin, Ye, Zhang & Tsang 2022, "Reasonable
 * Effectiveness of Random Weighting", section 3): T softmax(x) with x drawn from a normal
 * distribution, anew for every step. What any other method must beat.
 *
 * A function of seed, task and step (base/rng.h), so it has no memory. Tasks that are
 * muted are none of the T.
 */
#include "base/rng.h"
#include "mix/losses.h"

static void say(const struct mix_view *v, double *memory, double *factor)
{
	double part[MIX_TASKS_MAX];
	int task[MIX_TASKS_MAX], n = 0;

	(void)memory;
	for (int i = 0; v->loss && i < v->n; i++) {
		struct rng r = rng_stream(v->seed, RNG_WEIGHTING, (uint32_t)i,
					  (uint64_t)v->step);

		if (!v->active[i])
			continue;
		part[n] = (double)rng_normal(&r, 0);
		task[n++] = i;
	}
	if (n)
		losses_softmax(part, n);
	for (int k = 0; k < n; k++)
		factor[task[k]] = n * part[k];
}

const struct method method_random = {
	.name = "random",
	.help = "drawn anew for every step: what any other method must beat",
	.source = "Lin et al. 2022, Random Loss Weighting",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_LOSSES,
	.say = say,
};
