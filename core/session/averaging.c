/*
 * averaging.c - see averaging.h. Elementwise, so no cut over workers shows.
 */
#include "session/averaging.h"

#include <string.h>

#include "session/session.h"
#include "session/workers.h"
#include "tensor/kernels.h"

float averaging_rate(double decay, int64_t t)
{
	double warm = (1.0 + (double)t) / (10.0 + (double)t);

	return (float)(1.0 - (warm < decay ? warm : decay));
}

void averaging_begin(struct session *s)
{
	if (s->average)
		memcpy(s->average, s->params.value, s->params.size * sizeof *s->average);
}

static void update_part(struct worker *w, int part, void *arg)
{
	struct session *s = arg;
	size_t parts = (size_t)workers_count(s->workers), at = (size_t)part;

	(void)w;
	for (int p = 0; p < s->params.n; p++) {
		size_t n = param_count(&s->params, p), from = n * at / parts;
		size_t first = s->params.p[p].offset + from;

		if (grads_touched(s->sum, p))
			k_approach(n * (at + 1) / parts - from,
				   averaging_rate(s->plan->average, s->adam.count[p]),
				   s->params.value + first, s->average + first);
	}
}

void averaging_update(struct session *s)
{
	if (s->average)
		workers_run(s->workers, workers_count(s->workers), update_part, s);
}

void averaging_swap(struct session *s)
{
	float *value = s->params.value;

	BUG_IF(!s->average);
	s->params.value = s->average;
	s->average = value;
	s->is_averaged = !s->is_averaged;
	session_pack(s);
}
