/*
 * method_temperature.c - p ~ size^(1/T): T = 1 is proportional, a large T uniform.
 */
#include "mix/size_power.h"

static void say(const struct mix_view *v, double *memory, double *wish)
{
	(void)memory;
	size_power(v, 1.0 / v->param[0], wish);
}

const struct method method_temperature = {
	.name = "temperature",
	.help = "by size^(1/T): T=1 proportional, large T uniform",
	.source = "Devlin et al. 2019, multilingual BERT; Raffel et al. 2020, T5",
	.role = METHOD_SAMPLING,
	.param = { { "T", 0.1, 1000, 2, "temperature", NULL } },
	.say = say,
};
