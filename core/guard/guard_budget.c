/*
 * guard_budget.c - what a run may cost: steps, tokens, minutes of training, of the whole
 * run; 0 is no limit. The first that is reached ends it. Who resumes a run that ended so
 * goes on beyond it.
 *
 * Minutes are a clock's: no state remembers them, and a replay, which has no clock, ends
 * where the run did.
 */
#include "guard/guard.h"

#include "base/str.h"

enum { STEPS, TOKENS, MINUTES };
enum { FIRED, WHICH, OWN };

static void step(const struct guard_view *v, double *memory)
{
	double steps = v->param[STEPS], tokens = v->param[TOKENS];

	if (memory[FIRED] > 0)
		return;
	memory[WHICH] = steps > 0 && (double)v->step >= steps ? STEPS + 1 :
			tokens > 0 && (double)v->tokens >= tokens ? TOKENS + 1 : 0;
	if (memory[WHICH] > 0)
		memory[FIRED] = (double)v->step;
}

static bool say(const struct guard_view *v, const double *memory, int task,
		struct guard_said *out)
{
	bool is_time = v->param[MINUTES] > 0 && v->seconds >= 60 * v->param[MINUTES];
	int which = guard_place(memory[WHICH] - 1, MINUTES);
	bool is_fired = which >= 0 && v->step > 0 && memory[FIRED] == (double)v->step;

	if (task >= 0 || !(is_time || is_fired))
		return false;
	if (is_fired)
		str_format(out->text, sizeof out->text, "%.10g %s of training are over",
			   v->param[which], which == STEPS ? "steps" : "tokens");
	else
		str_format(out->text, sizeof out->text, "%.10g minutes of training are over",
			   v->param[MINUTES]);
	out->is_once = !is_fired;
	str_copy(out->act[0], GUARD_LINE, "stop");
	return true;
}

static const char *idle(const double *param)
{
	return param[STEPS] > 0 || param[TOKENS] > 0 || param[MINUTES] > 0 ? NULL :
	       "it wants a limit, steps=N, tokens=N or minutes=N";
}

const struct guard_row guard_budget = {
	.name = "budget",
	.help = "so many steps, tokens or minutes of training are over",
	.source = "the plan's budget, in what it costs",
	.sign = "budget",
	.helps = "guard budget off, or a larger one, and resume",
	.acts = "stops the run",
	.fallback = GUARD_OFF,
	.param = { [STEPS] = { "steps", 0, 1e9, 0, "of the run; 0: no limit" },
		   [TOKENS] = { "tokens", 0, 1e15, 0, "of the run; 0: no limit" },
		   [MINUTES] = { "minutes", 0, 1e7, 0, "of training; 0: no limit" } },
	.own = OWN,
	.step = step,
	.idle = idle,
	.say = say,
};
