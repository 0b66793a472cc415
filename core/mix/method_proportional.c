/*
 * method_proportional.c - by micro-batches per epoch: every example equally often.
 */
#include "mix/mix.h"

static void say(const struct mix_view *v, double *memory, double *wish)
{
	(void)memory;
	for (int i = 0; i < v->n; i++)
		wish[i] = v->ch[i].size;
}

const struct method method_proportional = {
	.name = "proportional",
	.help = "by each task's micro-batches per epoch",
	.source = "every example equally often",
	.role = METHOD_SAMPLING,
	.say = say,
};
