/*
 * method_manual.c - the hand's shares; what they leave is divided evenly.
 */
#include "mix/method.h"

static void say(const struct mix_view *v, double *memory, double *wish)
{
	(void)memory;
	for (int i = 0; i < v->n; i++)
		wish[i] = 1;
}

const struct method method_manual = {
	.name = "manual",
	.help = "the shares set by hand; channels on auto divide the rest evenly",
	.source = "the hand",
	.role = METHOD_SAMPLING,
	.say = say,
};
