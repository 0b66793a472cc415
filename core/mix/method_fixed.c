/*
 * method_fixed.c - every factor is 1: the hand's weights alone.
 */
#include "mix/method.h"

static void say(const struct mix_view *v, double *memory, double *factor)
{
	(void)v; /* factors begin as 1 and nobody moves them */
	(void)memory;
	(void)factor;
}

const struct method method_fixed = {
	.name = "fixed",
	.help = "the hand's weights alone",
	.source = "the hand",
	.role = METHOD_WEIGHTING,
	.say = say,
};
