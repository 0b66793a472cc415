/*
 * guard_transfer.c - a task's dev metric that falls since a command changed the mix: n
 * evaluations in a row that are below what it had before the change by more than `margin`
 * of it, where that is no luck (guard_overfit.c): beyond `se` standard errors of a
 * difference, or with a dev loss that rose by more than `loss` of it. se=0 takes any fall
 * beyond the margin.
 *
 *   negative transfer        it is still trained, and another task's weight or share, or how
 *                            they are mixed, was changed
 *   catastrophic forgetting  it was not trained since (muted, left out by a solo, no share)
 *
 * The metric before a change is that of the last evaluation. A change in the middle of an
 * evaluation comes after it: in a replay it does. A new change begins anew with what is
 * there then. A task whose own weight or share was changed and that is trained is the
 * hand's affair.
 */
#include "guard/guard.h"

#include <math.h> /* isfinite */

#include "base/str.h"

enum { N, MARGIN, SE, LOSS };
/* HAS and HAS_AT: 0, there is none; else 1 + the dev loss of the same evaluation. */
enum { HAS, LAST, HAS_AT, AT, TRAINED, BELOW, IS_SAID, FIRED, NOW, IS_FORGOTTEN, EACH };
enum { CHANGED, WHAT, WHOSE, BEFORE, HAS_BEFORE, OWN };

/* What says who moves the shared part; WHAT is the place here + 1. */
enum { WEIGHT, SHARE, MUTE, SOLO };
static const char *const kinds[] = { [WEIGHT] = "weight", [SHARE] = "share", [MUTE] = "mute",
				     [SOLO] = "solo", "sampling", "weighting", "freeze" };
enum { KINDS = sizeof kinds / sizeof *kinds };

static void step(const struct guard_view *v, double *memory)
{
	for (int i = 0; i < v->n; i++)
		memory[EACH * i + TRAINED] += isfinite(v->loss[i]) ? 1 : 0;
}

/* "on", "off", "auto" or a number; false: neither. */
static bool read_before(const char *text, double *x)
{
	*x = str_eq(text, "on") ? 1 : str_eq(text, "auto") ? -1 : 0;
	return str_eq(text, "on") || str_eq(text, "off") || str_eq(text, "auto") ||
	       parse_double(text, x);
}

static void begin(double *m)
{
	m[HAS_AT] = m[HAS];
	m[AT] = m[LAST];
	m[TRAINED] = m[BELOW] = m[IS_SAID] = 0;
}

static void change(const struct guard_view *v, const struct guard_change *c, double *memory)
{
	double *own = &memory[EACH * v->n];
	int what = 0;

	while (what < KINDS && !str_eq(kinds[what], c->name))
		what++;
	if (what == KINDS)
		return;
	own[CHANGED] = (double)v->step;
	own[WHAT] = what + 1;
	own[WHOSE] = c->task;
	own[HAS_BEFORE] = read_before(c->before, &own[BEFORE]);
	for (int i = 0; i < v->n; i++)
		begin(&memory[EACH * i]);
}

static void take(const struct guard_view *v, double *m, bool is_own,
		 const struct guard_dev *d)
{
	bool is_forgotten = m[TRAINED] == 0;

	if (m[HAS_AT] == 0 || (is_own && !is_forgotten))
		return;
	if (guard_is_fall(d, m[AT], m[HAS_AT] - 1, &v->param[MARGIN]))
		m[BELOW]++;
	else
		m[BELOW] = 0;
	if (m[BELOW] < v->param[N] || m[IS_SAID] != 0)
		return;
	m[IS_SAID] = 1;
	m[FIRED] = (double)v->step;
	m[NOW] = d->merit;
	m[IS_FORGOTTEN] = is_forgotten;
}

static void dev(const struct guard_view *v, double *memory)
{
	const double *own = &memory[EACH * v->n];

	for (int i = 0; i < v->n; i++) {
		double *m = &memory[EACH * i];

		if (!isfinite(v->dev[i].merit))
			continue;
		if (own[WHAT] > 0 && own[CHANGED] != (double)v->step)
			take(v, m, own[WHOSE] == i, &v->dev[i]);
		m[HAS] = 1 + (v->dev[i].loss > 0 && isfinite(v->dev[i].loss) ?
			      v->dev[i].loss : 0);
		m[LAST] = v->dev[i].merit;
		if (own[WHAT] > 0 && own[CHANGED] == (double)v->step)
			begin(m);
	}
}

/* What was changed is put back, where that is one value. */
static void put_back(const struct guard_view *v, const double *own, char line[GUARD_LINE])
{
	int what = guard_place(own[WHAT] - 1, SOLO + 1), whose = guard_place(own[WHOSE], v->n);
	char number[32];

	if (what < 0 || whose < 0 || own[HAS_BEFORE] == 0)
		return;
	double_to_text(own[BEFORE], number);
	if (what >= MUTE)
		str_copy(number, sizeof number, own[BEFORE] > 0 ? "on" : "off");
	else if (own[BEFORE] < 0)
		str_copy(number, sizeof number, "auto");
	str_format(line, GUARD_LINE, "%s %s %s", kinds[what],
		   v->task[whose].name, number);
}

static bool say(const struct guard_view *v, const double *memory, int task,
		struct guard_said *out)
{
	const double *m = task < 0 ? NULL : &memory[EACH * task];
	const double *own = &memory[EACH * v->n];
	int what = guard_place(own[WHAT] - 1, KINDS), whose = guard_place(own[WHOSE], v->n);
	char now[24], at[24];

	if (!m || v->step < 1 || m[FIRED] != (double)v->step || what < 0)
		return false;
	str_format(out->text, sizeof out->text, "dev %s of %s fell from %s to %s since %s%s%s "
		   "at step %.0f", v->task[task].metric, v->task[task].name,
		   guard_measure(&v->task[task], m[AT], at),
		   guard_measure(&v->task[task], m[NOW], now), kinds[what],
		   whose < 0 ? "" : " ", whose < 0 ? "" : v->task[whose].name, own[CHANGED]);
	if (m[IS_FORGOTTEN] != 0) {
		out->sign = "catastrophic forgetting";
		out->helps = "a small share for the task (rehearsal), freezing shared layers, a "
			     "lower lr";
	}
	put_back(v, own, out->act[0]);
	return true;
}

const struct guard_row guard_transfer = {
	.name = "transfer",
	.help = "a dev metric that falls since another task's weight, share or mute was changed",
	.source = "Wang et al. 2019 (negative transfer); McCloskey & Cohen 1989 (forgetting)",
	.sign = "negative transfer",
	.helps = "putting it back, a lower weight or share of the other task, fewer shared layers, "
		 "a weighting that looks at gradients",
	.acts = "puts back what was changed, where that is one task's weight, share, mute or solo",
	.fallback = GUARD_WARN,
	.param = { [N] = { "n", 1, 1000, 2, "evaluations in a row below the one before" },
		   [MARGIN] = { "margin", 0, 1, 0.03, "part of it that is no fall" },
		   [SE] = { "se", 0, 100, 2, "standard errors of a difference that are no fall, "
			    "unless the dev loss says so" },
		   [LOSS] = { "loss", 0, 100, 0.05, "part of the dev loss that it rises by, where "
			      "it says so" } },
	.later = SE,
	.each = EACH,
	.own = OWN,
	.step = step,
	.dev = dev,
	.change = change,
	.say = say,
};
