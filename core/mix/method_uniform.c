/*
 * method_uniform.c - equal turns.
 */
#include "mix/method.h"

static void say(const struct mix_view *v, double *memory, double *wish)
{
	(void)memory;
	for (int i = 0; i < v->n; i++)
		wish[i] = 1;
}

const struct method method_uniform = {
	.name = "uniform",
	.help = "the same for every task",
	.source = "equal turns",
	.role = METHOD_SAMPLING,
	.say = say,
};
