/*
 * sampling.c - the sampling methods: what share of the micro-batches each task
 * should get of what the hands left over. A wish need not be normalised.
 */
#include "mix/mix.h"
#include "tensor/vmath.h"

/* By micro-batches per epoch: every example equally often. */
static void wish_proportional(const struct mix *m, double *wish)
{
	for (int i = 0; i < m->n; i++)
		wish[i] = m->ch[i].size;
}

static void wish_equal(const struct mix *m, double *wish)
{
	for (int i = 0; i < m->n; i++)
		wish[i] = 1;
}

/*
 * size^(1/T), divided by the largest size first so that nothing overflows:
 * T = 1 is proportional, a large T uniform.
 */
static void wish_temperature(const struct mix *m, double *wish)
{
	double most = 0, power = 1.0 / m->sampling.param[0];

	for (int i = 0; i < m->n; i++)
		most = m->ch[i].size > most ? m->ch[i].size : most;
	for (int i = 0; i < m->n; i++) {
		double part = most > 0 ? m->ch[i].size / most : 0;

		wish[i] = part > 0 ? v_expd(power * v_logd(part)) : 0;
	}
}

const struct sampling_method sampling_table[] = {
	{ .name = "proportional",
	  .help = "by each task's micro-batches per epoch",
	  .source = "every example equally often",
	  .wish = wish_proportional },
	{ .name = "uniform",
	  .help = "the same for every task",
	  .source = "equal turns",
	  .wish = wish_equal },
	{ .name = "temperature",
	  .help = "by size^(1/T): T=1 proportional, large T uniform",
	  .source = "Devlin et al. 2019, multilingual BERT; Raffel et al. 2020, T5",
	  .param = { { "T", 0.1, 1000, 2, "temperature" } },
	  .wish = wish_temperature },
	{ .name = "manual",
	  .help = "the shares set by hand; channels on auto divide the rest evenly",
	  .source = "the hand",
	  .wish = wish_equal },
};
const int sampling_count = (int)(sizeof sampling_table / sizeof *sampling_table);
