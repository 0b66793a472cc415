/*
 * method_imtl_l.c - impartial learning on losses (Liu, Li, Kuang et al. 2021, "Towards
 * Impartial Multi-Task Learning", eq. 8): each task learns s by minimising
 *   exp(s) L - s,   ds: exp(s) L - 1,
 * so that all weighted losses come to 1. Adam of its own (learned.h), in steps where the
 * task had micro-batches; s begins at 0 and stays within +-limit. A locked channel's s does
 * not move.
 */
#include <math.h> /* isfinite */

#include "mix/learned.h"
#include "mix/mix.h"

enum { LR, LIMIT };                                /* parameters */
enum { S, LEARNED, EACH = LEARNED + LEARNED_MEMORY }; /* memory of each task */

static void say(const struct mix_view *v, double *memory, double *factor)
{
	double limit = v->param[LIMIT];

	for (int i = 0; v->loss && i < v->n; i++) {
		double *s = &memory[EACH * i + S];

		if (!v->count[i] || v->ch[i].locked || !isfinite(v->loss[i]))
			continue;
		learned_move(s, v->param[LR], v_expd(*s) * v->loss[i] - 1,
			     &memory[EACH * i + LEARNED]);
		*s = *s > limit ? limit : *s < -limit ? -limit : *s;
		factor[i] = v_expd(*s);
	}
}

const struct method method_imtl_l = {
	.name = "imtl_l",
	.help = "learned scales that bring every weighted loss to 1",
	.source = "Liu et al. 2021, Impartial Multi-Task Learning",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_LOSSES,
	.param = { [LR] = { "lr", 1e-6, 1, 1e-3, "rate of the log-scales", NULL },
		   [LIMIT] = { "limit", 0.1, 20, 6, "bound of the log-scales", NULL } },
	.each = EACH,
	.say = say,
};
