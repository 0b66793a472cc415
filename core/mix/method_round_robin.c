/*
 * method_round_robin.c - one task after another: `steps` whole steps of the first, so
 * many of the next, and around again (as in Collobert & Weston 2008, where each update
 * is of one task, and in Liu et al. 2019, MT-DNN, where it is so of a random one).
 *
 * With `uniform` every step has micro-batches of all tasks, in turn; here a step has one
 * task's alone. So the optimizer sees one task's gradient at a time: what others would
 * have said against it is not averaged out, it comes in later steps.
 *
 * Whose turn it is follows from the step's number and from who is active: who is muted
 * loses no turn of the others', and nothing is remembered.
 */
#include "mix/active.h"

enum { STEPS };

static void say(const struct mix_view *v, double *memory, double *wish)
{
	int who[MIX_TASKS_MAX], n = active_on_auto(v, who);
	int64_t each = (int64_t)v->param[STEPS];

	(void)memory;
	for (int i = 0; i < v->n; i++)
		wish[i] = 0;
	if (n)
		wish[who[v->step / (each > 0 ? each : 1) % n]] = 1;
}

const struct method method_round_robin = {
	.name = "round_robin",
	.help = "whole steps of one task after another, where uniform gives every step "
		"some of each",
	.source = "Collobert & Weston 2008",
	.role = METHOD_SAMPLING,
	.param = { [STEPS] = { "steps", 1, 1e6, 1, "steps of a task before the next", mix_whole } },
	.say = say,
};
