/*
 * plan_kind.c - the table of kinds as the list in task_kind.h has them.
 */
#include "plan/plan_kind.h"

#define ROW(constant, name) [TASK_##constant] = &plan_kind_##name,
static const struct plan_kind *const rows[] = { TASK_KIND_LIST(ROW) };
#undef ROW

_Static_assert(sizeof rows / sizeof *rows == TASK_KINDS, "a row for every kind");

const struct plan_kind *plan_kind(enum task_kind k)
{
	BUG_IF((unsigned)k >= TASK_KINDS);
	return rows[k];
}

bool plan_kind_measures(enum task_kind k, enum metric_id m)
{
	unsigned inputs = plan_kind(k)->metrics;

	return (inputs >> metric_table[m].input & 1) ||
	       (metric_table[m].of_sets && inputs >> METRIC_SETS & 1);
}
