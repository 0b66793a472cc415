/*
 * active.h - for sampling methods that give whole steps to a task: who may have them.
 */
#ifndef TUTTI_MIX_ACTIVE_H
#define TUTTI_MIX_ACTIVE_H

#include "mix/mix.h"

/*
 * who [n]: tasks that are active and have no share by hand, in the plan's order; returns
 * how many. What a method says of others is not heard (mix_shares).
 */
static inline int active_on_auto(const struct mix_view *v, int who[MIX_TASKS_MAX])
{
	bool any_solo = false;
	int n = 0;

	for (int i = 0; i < v->n; i++)
		any_solo |= v->ch[i].solo;
	for (int i = 0; i < v->n; i++)
		if (!v->ch[i].muted && (v->ch[i].solo || !any_solo) && v->ch[i].share < 0)
			who[n++] = i;
	return n;
}

#endif
