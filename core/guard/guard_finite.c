/*
 * guard_finite.c - losses or gradients that are not finite. The step itself makes no such
 * update (it is skipped, and noted); this guard is for those that come in a row: every n
 * of them the run goes back to a checkpoint, where there is a command that does, and its
 * rate is halved; once it is at the least, the run ends.
 *
 * The rate is halved with it, since a run that only goes back takes the same steps again,
 * to the bit, and comes to the same place.
 */
#include "guard/guard.h"

#include "base/str.h"

enum { N, LEAST };

static bool say(const struct guard_view *v, const double *memory, int task,
		struct guard_said *out)
{
	(void)memory;
	if (task >= 0 || v->skips < 1 || v->skips % (int64_t)v->param[N])
		return false;
	str_format(out->text, sizeof out->text,
		   "losses or gradients were not finite in %lld steps in a row, and no update "
		   "was made", (long long)v->skips);
	if (guard_halve(v, v->param[LEAST], out->act[1]))
		str_copy(out->act[0], GUARD_LINE, "rollback");
	else
		str_copy(out->act[0], GUARD_LINE, "stop");
	return true;
}

const struct guard_row guard_finite = {
	.name = "finite",
	.help = "losses or gradients that are not finite, several steps in a row",
	.source = "Pascanu, Mikolov & Bengio 2013 (exploding gradients)",
	.sign = "divergence",
	.helps = "a lower lr, clip 1, a lower weight of the task that is named",
	.acts = "goes back to the last checkpoint before the first of them, further where it was "
		"there already to no avail, and halves the rate; stops at the least rate",
	.fallback = GUARD_WARN,
	.param = { [N] = { "n", 1, 9, 3, "skipped updates in a row" },
		   [LEAST] = { "least", 0, 1, 0.125, "part of the plan's rate that is left" } },
	.say = say,
};
