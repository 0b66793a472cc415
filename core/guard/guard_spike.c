/*
 * guard_spike.c - a loss that jumps and stays up for a while. Single steps are noise; a
 * spike is a short running mean (over about `window` of the task's own steps) that is
 * `factor` times the long one, beyond it by `sd` of its standard deviations (of the losses'
 * mean distance from their mean, as if they were normal), and above half of what the loss
 * began with, so that a loss near 0 may jitter.
 *
 *   m <- .98 m + .02 l     d <- .98 d + .02 |l - m|     s <- s + a (l - s), a = 2 / (w + 1)
 *   spike: s > factor m,   s - m > sd 1.2533 d sqrt(a / (2 - a)),   s > first / 2
 *
 * It is said once, and is over when s is back below 1.2 m. Another one of the same task is
 * not said within `quiet` steps: a run that jitters for long would fill its journal.
 */
#include "guard/guard.h"

#include <math.h> /* isfinite */

#include "base/str.h"

enum { FACTOR, SD, WINDOW, LEAST, QUIET };
enum { SEEN, FIRST, MEAN, AWAY, SHORT, IS_UP, FIRED, FROM, TO, EACH };
enum { WARM = 20 };

/* The first steps are taken as they come: means over all of them. */
static void warm_up(double *m, double loss)
{
	m[SEEN]++;
	m[AWAY] += ((loss > m[MEAN] ? loss - m[MEAN] : m[MEAN] - loss) - m[AWAY]) / m[SEEN];
	m[MEAN] += (loss - m[MEAN]) / m[SEEN];
	m[FIRST] = m[SHORT] = m[MEAN];
}

static void take(const struct guard_view *v, double *m, double loss)
{
	double a = 2 / (v->param[WINDOW] + 1), away, sd;
	bool is_up;

	if (m[SEEN] < WARM) {
		warm_up(m, loss);
		return;
	}
	m[SHORT] += a * (loss - m[SHORT]);
	sd = 1.2533 * m[AWAY] * __builtin_sqrt(a / (2 - a));
	is_up = m[SHORT] > v->param[FACTOR] * m[MEAN] &&
		m[SHORT] - m[MEAN] > v->param[SD] * sd && m[SHORT] > m[FIRST] / 2;
	if (is_up && m[IS_UP] == 0) {
		m[IS_UP] = 1;
		if (!(m[FIRED] > 0) || (double)v->step - m[FIRED] >= v->param[QUIET]) {
			m[FIRED] = (double)v->step;
			m[FROM] = m[MEAN];
			m[TO] = m[SHORT];
		}
	} else if (m[SHORT] < 1.2 * m[MEAN]) {
		m[IS_UP] = 0;
	}
	away = loss > m[MEAN] ? loss - m[MEAN] : m[MEAN] - loss;
	m[AWAY] += 0.02 * (away - m[AWAY]);
	m[MEAN] += 0.02 * (loss - m[MEAN]);
}

static void step(const struct guard_view *v, double *memory)
{
	for (int i = 0; i < v->n; i++)
		if (isfinite(v->loss[i]))
			take(v, &memory[EACH * i], v->loss[i]);
}

static bool say(const struct guard_view *v, const double *memory, int task,
		struct guard_said *out)
{
	const double *m = task < 0 ? NULL : &memory[EACH * task];

	if (!m || v->step < 1 || m[FIRED] != (double)v->step)
		return false;
	str_format(out->text, sizeof out->text, "the loss of %s rose from %.3g to %.3g",
		   v->task[task].name, m[FROM], m[TO]);
	guard_halve(v, v->param[LEAST], out->act[0]);
	return true;
}

const struct guard_row guard_spike = {
	.name = "spike",
	.help = "a task's loss that jumps and does not come back at once",
	.source = "Chowdhery et al. 2022 (PaLM), section 5.1",
	.sign = "loss spike",
	.helps = "a lower lr, a longer warm-up, clip 1; or going back to before it",
	.acts = "halves the rate",
	.fallback = GUARD_WARN,
	.param = { [FACTOR] = { "factor", 1.1, 100, 2, "times the running mean" },
		   [SD] = { "sd", 0, 100, 6, "standard deviations of the short mean" },
		   [WINDOW] = { "window", 1, 100, 5, "steps of the short mean" },
		   [LEAST] = { "least", 0, 1, 0.125, "part of the plan's rate that is left" },
		   [QUIET] = { "quiet", 0, 1e9, 500, "steps before the task's next one is "
			       "said" } },
	.each = EACH,
	.step = step,
	.say = say,
};
