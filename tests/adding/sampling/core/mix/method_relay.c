/*
 * method_relay.c - one task alone for so many steps, then the next one. Whose turn it is
 * is remembered, and the task whose turn ends hands over to the next that is heard.
 */
#include "mix/mix.h"

enum { STEPS };
enum { TURN, LEFT, OWN };

static void say(const struct mix_view *v, double *memory, double *wish)
{
	int turn = (int)memory[TURN] % v->n;

	for (int i = 0; i < v->n; i++)
		wish[i] = i == turn;
	if (!v->count) /* only asked what it says now */
		return;
	memory[LEFT] += 1;
	if (memory[LEFT] < v->param[STEPS])
		return;
	memory[LEFT] = 0;
	memory[TURN] = (turn + 1) % v->n;
}

const struct method method_relay = {
	.name = "relay",
	.help = "one task at a time, for so many steps",
	.source = "a proof that it can be added",
	.role = METHOD_SAMPLING,
	.needs = NEEDS_LOSSES,
	.own = OWN,
	.param = { [STEPS] = { "steps", 1, 1000, 4, "of a turn" } },
	.say = say,
};
