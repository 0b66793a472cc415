/*
 * method_famo.c - fast adaptive multitask optimization (Liu, Feng, Stone & Liu 2023,
 * "FAMO", eq. 8 to 10, algorithm 1): all losses should fall by the same part of
 * themselves, the one that falls least deciding. With z = softmax(xi),
 *   factors     c z_i / L_i, c = 1 / sum z_k / L_k,
 *   after it    xi <- xi - lr (J' d + gamma xi), d_i = log L_i - log L_i',
 * J the softmax's derivative, L and L' the losses of the same micro-batches, with the same
 * dropout, before the update and after it: one forward pass more. xi moves by Adam
 * (learned.h), as the authors' own program has it, in steps where its task had
 * micro-batches; z is of those alone there.
 *
 * Factors are of the next step, from each task's newest L' (losses.h): the loss where that
 * step begins. Constant: T, so that equal losses give 1 at first.
 */
#include <math.h> /* isfinite */

#include "mix/learned.h"
#include "mix/losses.h"

enum { LR, GAMMA, FLOOR };                                /* parameters */
enum { LAST, XI, LEARNED, EACH = LEARNED + LEARNED_MEMORY }; /* memory of each task */

static double bounded_log(double x, double floor)
{
	return v_logd(x > floor ? x : floor);
}

static void learn(const struct mix_view *v, double *memory)
{
	double z[MIX_TASKS_MAX], d[MIX_TASKS_MAX], mean = 0, floor = v->param[FLOOR];
	int task[MIX_TASKS_MAX], n = 0;

	for (int i = 0; i < v->n; i++) {
		if (!v->count[i] || !isfinite(v->loss[i]) || !isfinite(v->after[i]))
			continue;
		z[n] = memory[EACH * i + XI];
		d[n] = bounded_log(v->loss[i], floor) - bounded_log(v->after[i], floor);
		task[n++] = i;
	}
	if (!n)
		return;
	losses_softmax(z, n);
	for (int k = 0; k < n; k++)
		mean += z[k] * d[k];
	for (int k = 0; k < n; k++) {
		double *x = &memory[EACH * task[k]];

		learned_move(&x[XI], v->param[LR],
			     z[k] * (d[k] - mean) + v->param[GAMMA] * x[XI], &x[LEARNED]);
	}
}

static void say(const struct mix_view *v, double *memory, double *factor)
{
	int task[MIX_TASKS_MAX], n;
	double z[MIX_TASKS_MAX], sum = 0;

	if (v->after)
		learn(v, memory);
	n = losses_take(v, v->after, EACH, v->param[FLOOR], memory, task);
	for (int k = 0; k < n; k++)
		z[k] = memory[EACH * task[k] + XI];
	if (n)
		losses_softmax(z, n);
	for (int k = 0; k < n; k++) {
		z[k] /= memory[EACH * task[k] + LAST];
		sum += z[k];
	}
	for (int k = 0; k < n; k++)
		factor[task[k]] = n * z[k] / sum;
}

const struct method method_famo = {
	.name = "famo",
	.help = "every loss falls by the same part of itself; looks at the micro-batches "
		"once more after the update",
	.source = "Liu et al. 2023, FAMO",
	.role = METHOD_WEIGHTING,
	.needs = NEEDS_AFTER,
	.param = { [LR] = { "lr", 1e-6, 1, 0.025, "rate of the logits", NULL },
		   [GAMMA] = { "gamma", 0, 1, 0.001, "decay of the logits", NULL },
		   [FLOOR] = { "floor", 1e-12, 1, 1e-4,
			       "a loss counts as this much at least", NULL } },
	.each = EACH,
	.say = say,
};
