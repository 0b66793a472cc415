/*
 * method_uncertainty.c - uncertainty weighting (Kendall, Gal & Cipolla 2018, eq. 7
 * and 10). Each task learns s = log sigma^2 by minimising
 *   classification, summaries:  exp(-s) L + s / 2       ds: 1/2 - exp(-s) L
 *   regression:                 exp(-s) L / 2 + s / 2   ds: 1/2 - exp(-s) L / 2
 * with Adam of its own, on the task's mean loss L of the step, in steps where
 * it had micro-batches. The factor is exp(-s), or exp(-s) / 2 for regression; s
 * starts where the factor is 1 and stays within +-limit.
 *
 * Adam, so that s moves by about lr a step whatever the loss's size, ln 2 or ln 8000.
 * COUNT 0 is a task not seen yet. A locked channel's memory does not move, so that it
 * goes on from where it was when it is unlocked.
 */
#include <math.h> /* isfinite */

#include "mix/mix.h"
#include "tensor/vmath.h"

enum { LR, LIMIT };           /* parameters */
enum { S, M, V, COUNT, EACH }; /* memory of each task */

static double power_of(double x, double n)
{
	return v_expd(n * v_logd(x));
}

static double move(const double *param, double loss, bool regress, double *memory)
{
	const double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
	double half = regress ? 0.5 : 1.0, limit = param[LIMIT];
	double *s = &memory[S], *count = &memory[COUNT];
	double d, mean, var;

	if (*count == 0)
		*s = regress ? -0.6931471805599453 : 0;
	*count += 1;
	d = 0.5 - half * v_expd(-*s) * loss;
	memory[M] = beta1 * memory[M] + (1 - beta1) * d;
	memory[V] = beta2 * memory[V] + (1 - beta2) * d * d;
	mean = memory[M] / (1 - power_of(beta1, *count));
	var = memory[V] / (1 - power_of(beta2, *count));
	*s -= param[LR] * mean / (__builtin_sqrt(var) + eps);
	*s = *s > limit ? limit : *s < -limit ? -limit : *s;
	return half * v_expd(-*s);
}

static void say(const struct mix_view *v, double *memory, double *factor)
{
	for (int i = 0; v->loss && i < v->n; i++)
		if (v->count[i] && !v->ch[i].locked && isfinite(v->loss[i]))
			factor[i] = move(v->param, v->loss[i], v->regress[i],
					 &memory[EACH * i]);
}

const struct method method_uncertainty = {
	.name = "uncertainty",
	.help = "learned log-variances: noisy losses count less",
	.source = "Kendall, Gal & Cipolla 2018",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_LOSSES,
	.param = { [LR] = { "lr", 1e-6, 1, 1e-3, "rate of the log-variances" },
		   [LIMIT] = { "limit", 0.1, 20, 6, "bound of the log-variances" } },
	.each = EACH,
	.say = say,
};
