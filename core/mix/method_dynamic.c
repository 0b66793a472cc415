/*
 * method_dynamic.c - dynamic sampling (Gottumukkala et al. 2020, "Dynamic Sampling
 * Strategies for Multi-Task Reading Comprehension"): who is further from what it could
 * reach gets more micro-batches.
 *
 * p_i ~ gap_i = max(target - metric_i, floor). The metric is the task's first one, of
 * the newest evaluation of the schedule; 1 over it where lower is better; one outside
 * 0..1 (a correlation may be negative) counts as 0 or 1. The paper's target is each
 * task's own best when trained alone; here one target is for all, 1 unless set: the
 * most a metric can be. The floor keeps a task that has reached it from being forgotten.
 *
 * The gap is all the reward there is: nothing is remembered from one evaluation to the
 * next. A task without a metric (no dev rows, not defined, none yet) has the mean gap of
 * the others; while nobody has one, all are alike.
 */
#include <math.h> /* isnan */

#include "mix/mix.h"

enum { TARGET, FLOOR };

static double gap_of(const struct mix_view *v, int task)
{
	double metric = v->ch[task].dev, gap;

	metric = metric < 0 ? 0 : metric > 1 ? 1 : metric;
	gap = v->param[TARGET] - metric;
	return gap > v->param[FLOOR] ? gap : v->param[FLOOR];
}

static void say(const struct mix_view *v, double *memory, double *wish)
{
	double sum = 0, mean;
	int known = 0;

	(void)memory;
	for (int i = 0; i < v->n; i++) {
		if (isnan(v->ch[i].dev))
			continue;
		wish[i] = gap_of(v, i);
		sum += wish[i];
		known++;
	}
	mean = known ? sum / known : 1;
	for (int i = 0; i < v->n; i++)
		if (isnan(v->ch[i].dev))
			wish[i] = mean;
}

const struct method method_dynamic = {
	.name = "dynamic",
	.help = "by how far each task's dev metric is below a target, as the schedule's "
		"evaluations find it; the same for every task until the first one",
	.source = "Gottumukkala et al. 2020",
	.role = METHOD_SAMPLING,
	.needs = NEEDS_DEV,
	.param = { [TARGET] = { "target", 0, 1, 1, "what every metric should reach", NULL },
		   [FLOOR] = { "floor", 1e-6, 1, 0.01, "least gap, also beyond it", NULL } },
	.say = say,
};
