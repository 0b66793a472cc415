/*
 * method_sequence.c - tasks in phases: the budget is cut into as many equal parts as
 * there are tasks on auto, and each part is one task's (intermediate-task training,
 * Phang et al. 2018, "STILTs"; sequential transfer). `rounds` goes through the order so
 * many times. `keep` is the part of each step that tasks which had their phase go on
 * with, evenly: rehearsal (Robins 1995) against forgetting; 0 forgets on purpose.
 *
 * order: the plan's places of tasks as digits, 312 for the third, the first, the second.
 * Tasks that it does not name come after, in the plan's order; a place that is not there
 * or stands there twice is refused. Beyond the horizon the last phase goes on.
 */
#include "mix/active.h"

enum { ORDER, ROUNDS, KEEP };

/* who [n], as `order` has them; a place that it does not name keeps its turn behind. */
static void put_in_order(int *who, int n, double order)
{
	int out[MIX_TASKS_MAX], digit[16], n_digits = 0, n_out = 0;
	bool is_out[MIX_TASKS_MAX] = { false };

	for (int64_t o = (int64_t)order; o > 0 && n_digits < 16; o /= 10)
		digit[n_digits++] = (int)(o % 10) - 1;
	while (n_digits-- > 0)
		for (int i = 0; i < n; i++)
			if (who[i] == digit[n_digits] && !is_out[i]) {
				out[n_out++] = who[i];
				is_out[i] = true;
			}
	for (int i = 0; i < n; i++)
		if (!is_out[i])
			out[n_out++] = who[i];
	for (int i = 0; i < n; i++)
		who[i] = out[i];
}

/* The phase of 0 .. n * rounds - 1 that the step is in. */
static int64_t phase_of(const struct mix_view *v, int64_t phases)
{
	int64_t at = v->step < v->horizon ? v->step : v->horizon - 1;

	return v->horizon > 0 ? (int64_t)((double)at * (double)phases / (double)v->horizon) : 0;
}

static void say(const struct mix_view *v, double *memory, double *wish)
{
	int who[MIX_TASKS_MAX], n = active_on_auto(v, who), past;
	int64_t phase;

	(void)memory;
	for (int i = 0; i < v->n; i++)
		wish[i] = 0;
	if (!n)
		return;
	put_in_order(who, n, v->param[ORDER]);
	phase = phase_of(v, n * (int64_t)v->param[ROUNDS]);
	past = phase < n ? (int)phase : n - 1; /* others that had a phase */
	for (int i = 0; i < n; i++)
		if (i != phase % n && (phase >= n || i < phase))
			wish[who[i]] = v->param[KEEP] / past;
	wish[who[phase % n]] = past ? 1 - v->param[KEEP] : 1;
}

/* Every digit is a place in the plan, and stands there once. */
static enum status suits(const double *param, int tasks, struct err *err)
{
	unsigned seen = 0;

	for (int64_t o = (int64_t)param[ORDER]; o > 0; o /= 10) {
		int place = (int)(o % 10);

		if (place < 1 || place > tasks)
			return err_set(err, ST_INVALID, "order=%.0f names task %d, and there are "
				       "%d: its digits are places in the plan, from 1",
				       param[ORDER], place, tasks);
		if (seen >> place & 1)
			return err_set(err, ST_INVALID, "order=%.0f names task %d twice",
				       param[ORDER], place);
		seen |= 1U << place;
	}
	return ST_OK;
}

const struct method method_sequence = {
	.name = "sequence",
	.help = "one task after another, each for its part of the budget; keep=0.2 goes on "
		"with those before at a fifth of each step",
	.source = "Phang et al. 2018, STILTs; Robins 1995",
	.role = METHOD_SAMPLING,
	.param = { [ORDER] = { "order", 0, 987654321, 0,
			       "places in the plan as digits, 312: the third first; 0: as there",
			       mix_whole },
		   [ROUNDS] = { "rounds", 1, 1000, 1, "times through the order", mix_whole },
		   [KEEP] = { "keep", 0, 0.9, 0,
			      "part of a step for those that were before", NULL } },
	.say = say,
	.suits = suits,
};
