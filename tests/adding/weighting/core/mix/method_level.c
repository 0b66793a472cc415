/*
 * method_level.c - every task's gradient on the shared parameters brought to their mean
 * norm. It needs norms, so what a step sums for each task comes with it.
 */
#include "mix/around.h"

static void say(const struct mix_view *v, double *memory, double *c)
{
	double sum = 0;
	int n = 0;

	(void)memory;
	if (!v->norm)
		return;
	for (int i = 0; i < v->n; i++)
		if (v->count[i] && v->norm[i] > 0) {
			sum += v->norm[i];
			n++;
		}
	for (int i = 0; i < v->n; i++)
		if (v->count[i] && v->norm[i] > 0)
			c[i] = sum / n / v->norm[i];
}

const struct method method_level = {
	.name = "level",
	.help = "the same gradient norm for every task",
	.source = "a proof that it can be added",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_NORMS,
	.param = { MIX_AROUND },
	.say = say,
};
