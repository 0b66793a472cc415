/*
 * size_power.h - sizes to a power, for sampling methods. No libm: same bits everywhere.
 */
#ifndef TUTTI_MIX_SIZE_POWER_H
#define TUTTI_MIX_SIZE_POWER_H

#include "mix/mix.h"
#include "tensor/vmath.h"

/* wish = size^power, divided by the largest size first so that nothing overflows. */
static inline void size_power(const struct mix_view *v, double power, double *wish)
{
	double most = 0;

	for (int i = 0; i < v->n; i++)
		most = v->ch[i].size > most ? v->ch[i].size : most;
	for (int i = 0; i < v->n; i++) {
		double part = most > 0 ? v->ch[i].size / most : 0;

		wish[i] = part > 0 ? v_expd(power * v_logd(part)) : 0;
	}
}

#endif
