/*
 * ask_kind.c - the rows of ask_kind.h by kind.
 */
#include "ask/ask_kind.h"

#include <math.h> /* NAN */

static const struct ask_kind *const rows[TASK_KINDS] = {
#define ASK_KIND_ROW(constant, name) [TASK_##constant] = &ask_kind_##name,
	TASK_KIND_LIST(ASK_KIND_ROW)
#undef ASK_KIND_ROW
};

const struct ask_kind *ask_kind(enum task_kind k)
{
	BUG_IF((unsigned)k >= TASK_KINDS);
	return rows[k];
}

double gather_loss(const struct gather *g)
{
	return g->weight > 0 ? g->loss / g->weight : NAN;
}
