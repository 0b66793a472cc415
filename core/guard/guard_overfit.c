/*
 * guard_overfit.c - a dev metric that falls while the training loss still does: n
 * evaluations in a row that are below the best by more than `margin` of it, and a running
 * mean of the training loss (.95 a step) that is as far below what it was at the best. An
 * evaluation that is within the margin ends the row. A fall with a loss that does not fall
 * is another thing, and so is the fall of a task that was not trained between two
 * evaluations (guard_transfer.c).
 */
#include "guard/guard.h"

#include <math.h> /* isfinite */

#include "base/str.h"

enum { N, MARGIN };
enum { LOSSES, TRAIN, TRAINED, HAS, BEST, BEST_STEP, BEST_TRAIN, BELOW, IS_SAID, FIRED, NOW,
       EACH };

static void step(const struct guard_view *v, double *memory)
{
	for (int i = 0; i < v->n; i++) {
		double *m = &memory[EACH * i];

		if (!isfinite(v->loss[i]))
			continue;
		m[TRAIN] = m[LOSSES] == 0 ? v->loss[i] :
			   0.95 * m[TRAIN] + 0.05 * v->loss[i];
		m[LOSSES]++;
		m[TRAINED]++;
	}
}

static void take(const struct guard_view *v, double *m, double dev)
{
	if (m[HAS] == 0 || dev >= m[BEST]) {
		m[HAS] = 1;
		m[BEST] = dev;
		m[BEST_STEP] = (double)v->step;
		m[BEST_TRAIN] = m[TRAIN];
		m[BELOW] = m[IS_SAID] = 0;
		return;
	}
	if (m[BEST] - dev > v->param[MARGIN] * (m[BEST] < 0 ? -m[BEST] : m[BEST]))
		m[BELOW]++;
	else
		m[BELOW] = 0;
	if (m[BELOW] < v->param[N] || m[IS_SAID] != 0 ||
	    !(m[TRAIN] < (1 - v->param[MARGIN]) * m[BEST_TRAIN]))
		return;
	m[IS_SAID] = 1;
	m[FIRED] = (double)v->step;
	m[NOW] = dev;
}

static void dev(const struct guard_view *v, double *memory)
{
	for (int i = 0; i < v->n; i++) {
		double *m = &memory[EACH * i];

		if (isfinite(v->dev[i]) && m[TRAINED] > 0)
			take(v, m, v->dev[i]);
		m[TRAINED] = 0;
	}
}

static bool say(const struct guard_view *v, const double *memory, int task,
		struct guard_said *out)
{
	const double *m = task < 0 ? NULL : &memory[EACH * task];
	char now[24], best[24], number[32];

	if (!m || v->step < 1 || m[FIRED] != (double)v->step)
		return false;
	str_format(out->text, sizeof out->text, "dev %s of %s is %s after %s at step %.0f, "
		   "while its training loss fell from %.3g to %.3g", v->task[task].metric,
		   v->task[task].name, guard_measure(&v->task[task], m[NOW], now),
		   guard_measure(&v->task[task], m[BEST], best), m[BEST_STEP],
		   m[BEST_TRAIN], m[TRAIN]);
	if (v->dropout < 0.45) {
		double_to_text((double)(int)(v->dropout * 100 + 10.5) / 100, number);
		str_format(out->act[0], GUARD_LINE, "dropout %s", number);
	}
	return true;
}

const struct guard_row guard_overfit = {
	.name = "overfit",
	.help = "a dev metric that falls while the training loss still falls",
	.source = "Prechelt 1998 (early stopping, but when?)",
	.sign = "overfitting",
	.helps = "early stopping (mute it, or guard patience act), more dropout or weight decay, "
		 "a lower share, more data",
	.acts = "raises dropout by 0.1, up to 0.5",
	.fallback = GUARD_WARN,
	.param = { [N] = { "n", 1, 1000, 3, "evaluations in a row below the best" },
		   [MARGIN] = { "margin", 0, 1, 0.01,
				"part of the best, and of the loss, that is no fall" } },
	.each = EACH,
	.step = step,
	.dev = dev,
	.say = say,
};
