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

#include "mix/learned.h"
#include "mix/mix.h"

enum { LR, LIMIT };                                /* parameters */
enum { S, LEARNED, EACH = LEARNED + LEARNED_MEMORY }; /* memory of each task */

static double move(const double *param, double loss, bool regress, double *memory)
{
	double half = regress ? 0.5 : 1.0, limit = param[LIMIT];
	double *s = &memory[S];

	if (memory[LEARNED + LEARNED_COUNT] == 0)
		*s = regress ? -0.6931471805599453 : 0;
	learned_move(s, param[LR], 0.5 - half * v_expd(-*s) * loss, &memory[LEARNED]);
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
	.param = { [LR] = { "lr", 1e-6, 1, 1e-3, "rate of the log-variances", NULL },
		   [LIMIT] = { "limit", 0.1, 20, 6, "bound of the log-variances", NULL } },
	.each = EACH,
	.say = say,
};
