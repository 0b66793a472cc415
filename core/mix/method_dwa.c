/*
 * method_dwa.c - dynamic weight average (Liu, Johns & Davison 2019, "End-to-End Multi-Task
 * Learning with Attention", eq. 7): T softmax(r / temperature), r_i how much of a task's
 * loss is left, its mean over the last stretch by that over the one before.
 *
 * The paper's stretch is an epoch; tasks have no epochs in common here, so it is a number
 * of steps. A task that one of the two stretches lacks has r = 1, as all have at first.
 */
#include <math.h> /* isfinite */

#include "mix/losses.h"

enum { TEMPERATURE, STEPS };              /* parameters */
enum { SUM, SEEN, BEFORE, RATIO, EACH };  /* memory of each task */

static void end_stretch(const struct mix_view *v, double *memory)
{
	for (int i = 0; i < v->n; i++) {
		double *x = &memory[EACH * i];
		double mean = x[SEEN] > 0 ? x[SUM] / x[SEEN] : 0;

		x[RATIO] = mean > 0 && x[BEFORE] > 0 ? mean / x[BEFORE] : 1;
		x[BEFORE] = mean;
		x[SUM] = x[SEEN] = 0;
	}
}

static void say(const struct mix_view *v, double *memory, double *factor)
{
	double *steps = &memory[EACH * v->n], part[MIX_TASKS_MAX];
	int task[MIX_TASKS_MAX], n = 0;

	for (int i = 0; v->loss && i < v->n; i++)
		if (v->count[i] && isfinite(v->loss[i])) {
			memory[EACH * i + SUM] += v->loss[i] * v->count[i];
			memory[EACH * i + SEEN] += v->count[i];
		}
	if (!v->loss || ++*steps < v->param[STEPS])
		return;
	*steps = 0;
	end_stretch(v, memory);
	for (int i = 0; i < v->n; i++)
		if (v->active[i]) {
			part[n] = memory[EACH * i + RATIO] / v->param[TEMPERATURE];
			task[n++] = i;
		}
	if (n)
		losses_softmax(part, n);
	for (int k = 0; k < n; k++)
		factor[task[k]] = n * part[k];
}

const struct method method_dwa = {
	.name = "dwa",
	.help = "losses that have fallen less of late count more",
	.source = "Liu, Johns & Davison 2019",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_LOSSES,
	.param = { [TEMPERATURE] = { "T", 0.01, 1000, 2, "temperature: more is more even", NULL },
		   [STEPS] = { "steps", 1, 1e6, 100,
			       "of a stretch whose mean loss counts", mix_whole } },
	.each = EACH,
	.own = 1,
	.say = say,
};
