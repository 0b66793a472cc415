/*
 * guard_patience.c - early stopping of each task by itself: n evaluations without a dev
 * metric that is above the best by more than `delta`, and the task is muted; the last one
 * that is heard ends the run. The best checkpoint is kept as ever. An evaluation counts
 * where the task was trained since the one before. Who is heard again by hand has n
 * evaluations anew.
 */
#include "guard/guard.h"

#include <math.h> /* isfinite */

#include "base/str.h"

enum { N, DELTA };
enum { TRAINED, HAS, BEST, BEST_STEP, WITHOUT, FIRED, EACH };

static void step(const struct guard_view *v, double *memory)
{
	for (int i = 0; i < v->n; i++)
		memory[EACH * i + TRAINED] += isfinite(v->loss[i]) ? 1 : 0;
}

static void take(const struct guard_view *v, double *m, double dev)
{
	if (m[HAS] == 0 || dev > m[BEST] + v->param[DELTA]) {
		m[HAS] = 1;
		m[BEST] = dev;
		m[BEST_STEP] = (double)v->step;
		m[WITHOUT] = 0;
	} else if (++m[WITHOUT] >= v->param[N]) {
		m[WITHOUT] = 0;
		m[FIRED] = (double)v->step;
	}
}

static void dev(const struct guard_view *v, double *memory)
{
	for (int i = 0; i < v->n; i++) {
		double *m = &memory[EACH * i];

		if (isfinite(v->dev[i].merit) && m[TRAINED] > 0)
			take(v, m, v->dev[i].merit);
		m[TRAINED] = 0;
	}
}

static bool say(const struct guard_view *v, const double *memory, int task,
		struct guard_said *out)
{
	const double *m = task < 0 ? NULL : &memory[EACH * task];
	bool others = false;
	char best[24];

	if (!m || v->step < 1 || m[FIRED] != (double)v->step || !v->task[task].is_active)
		return false;
	for (int i = 0; i < v->n; i++)
		others |= i != task && v->task[i].is_active;
	str_format(out->text, sizeof out->text, "dev %s of %s has no new best since %s at step "
		   "%.0f, %g evaluations", v->task[task].metric, v->task[task].name,
		   guard_measure(&v->task[task], m[BEST], best), m[BEST_STEP], v->param[N]);
	if (others)
		str_format(out->act[0], GUARD_LINE, "mute %s on", v->task[task].name);
	else
		str_copy(out->act[0], GUARD_LINE, "stop");
	return true;
}

const struct guard_row guard_patience = {
	.name = "patience",
	.help = "a task without a new best for so many evaluations: early stopping",
	.source = "Prechelt 1998 (early stopping, but when?)",
	.sign = "early stopping",
	.helps = "muting it; its best checkpoint is kept",
	.acts = "mutes the task; stops the run where it is the last one heard",
	.fallback = GUARD_OFF,
	.param = { [N] = { "n", 1, 1000, 5, "evaluations without a new best" },
		   [DELTA] = { "delta", 0, 1, 0, "what a new best is better by, 0 to 1" } },
	.each = EACH,
	.step = step,
	.dev = dev,
	.say = say,
};
