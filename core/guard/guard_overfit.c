/*
 * guard_overfit.c - a dev metric that falls while the training loss still does: n
 * evaluations in a row that are below the best by more than `margin` of it, and a running
 * mean of the training loss (.95 a step) that is as far below what it was at the best. An
 * evaluation that is within the margin ends the row. A fall with a loss that does not fall
 * is another thing, and so is the fall of a task that was not trained between two
 * evaluations (guard_transfer.c).
 *
 * A metric over a few hundred rows jitters by several points, and the best of many
 * evaluations is a lucky one. So a fall counts where it is more than `se` standard errors
 * of a difference, sqrt(2) times the metric's own over its rows, or where the dev loss,
 * which jitters less, says so, too: it is above what it was at the best by more than `loss`
 * of it. se=0 takes any fall beyond the margin.
 *
 * It is one event, said once, until a new best is above the old by what would be a fall
 * below it. What lies between moves nothing.
 */
#include "guard/guard.h"

#include <math.h> /* isfinite */

#include "base/str.h"

enum { N, MARGIN, SE, LOSS };
enum { LOSSES, TRAIN, TRAINED, BEST_LOSS, BEST, BEST_STEP, BEST_TRAIN, BELOW, IS_SAID, FIRED,
       NOW, EACH };

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

static bool is_fall(const struct guard_view *v, const double *m, const struct guard_dev *d)
{
	return guard_is_fall(d, m[BEST], m[BEST_LOSS], &v->param[MARGIN]);
}

/* While a fall is said, only a best that is no luck is another one. */
static bool is_best(const struct guard_view *v, const double *m, const struct guard_dev *d)
{
	double rise = d->merit - m[BEST], best = m[BEST] < 0 ? -m[BEST] : m[BEST];

	if (m[BEST_STEP] == 0 || m[IS_SAID] == 0 || v->param[SE] == 0)
		return m[BEST_STEP] == 0 || rise >= 0;
	return rise > v->param[MARGIN] * best && rise > guard_jitter(d, v->param[SE]);
}

static void take(const struct guard_view *v, double *m, const struct guard_dev *d)
{
	if (is_best(v, m, d)) {
		m[BEST] = d->merit;
		m[BEST_LOSS] = isfinite(d->loss) ? d->loss : 0;
		m[BEST_STEP] = (double)v->step;
		m[BEST_TRAIN] = m[TRAIN];
		m[BELOW] = m[IS_SAID] = 0;
		return;
	}
	m[BELOW] = is_fall(v, m, d) ? m[BELOW] + 1 : 0;
	if (m[BELOW] < v->param[N] || m[IS_SAID] != 0 ||
	    !(m[TRAIN] < (1 - v->param[MARGIN]) * m[BEST_TRAIN]))
		return;
	m[IS_SAID] = 1;
	m[FIRED] = (double)v->step;
	m[NOW] = d->merit;
}

static void dev(const struct guard_view *v, double *memory)
{
	for (int i = 0; i < v->n; i++) {
		double *m = &memory[EACH * i];

		if (isfinite(v->dev[i].merit) && m[TRAINED] > 0)
			take(v, m, &v->dev[i]);
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
				"part of the best, and of the training loss, that is no fall" },
		   [SE] = { "se", 0, 100, 2, "standard errors of a difference that are no fall, "
			    "unless the dev loss says so" },
		   [LOSS] = { "loss", 0, 100, 0.05, "part of the dev loss that it rises by, where "
			      "it says so" } },
	.later = SE,
	.each = EACH,
	.step = step,
	.dev = dev,
	.say = say,
};
