/*
 * plan_guards.c - guards.NAME: a field for each guard there is, made from its row.
 */
#include "plan/plan_table.h"

#include <stddef.h>

bool plan_guard_field(int i, struct plan_field *f, struct plan_place *p)
{
	static char path[GUARDS][40], fallback[GUARDS][16], help[GUARDS][200];
	const struct guard_row *row = guard_at(i);

	if (!row)
		return false;
	str_format(path[i], sizeof path[i], "guards.%s", row->name);
	str_format(fallback[i], sizeof fallback[i], "\"%s\"", guard_mode_name(row->fallback));
	str_format(help[i], sizeof help[i], "What is done about %s: off, warn, or act, with "
		   "parameters behind it (tutti(1)).", row->help);
	*f = (struct plan_field){ .path = path[i], .type = PLAN_STR, .fallback = fallback[i],
				  .help = help[i] };
	*p = (struct plan_place){ .slot = SLOT_TEXT,
				  .at = offsetof(struct plan, guard) + (size_t)i * GUARD_LINE,
				  .size = GUARD_LINE };
	return true;
}

void plan_guard(const struct plan *p, int i, struct guard *out)
{
	if (guard_read(guard_at(i), p->guard[i], out, NULL))
		BUG("a plan with guard '%s' was taken", p->guard[i]);
}

enum status plan_check_guards(struct plan_reader *r)
{
	struct err why = { "" };
	struct guard g;
	char path[48];

	for (int i = 0; i < GUARDS; i++)
		if (guard_read(guard_at(i), r->plan->guard[i], &g, &why)) {
			str_format(path, sizeof path, "guards.%s", guard_at(i)->name);
			return plan_refuse(r, path, "%.400s", why.text);
		}
	return ST_OK;
}
