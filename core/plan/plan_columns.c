/*
 * plan_columns.c - the rows of the plan's table that name columns of a task's files: each
 * kind of task has its own names for them, and so its own fields.
 */
#include "plan/plan_table.h"

#include <string.h>

#include "data/data_kind.h"

static const struct plan_place column_at[DATA_COLUMNS] = {
	[COLUMN_TEXT] = PLAN_PLACE(TEXT, false, plan_task, text),
	[COLUMN_PAIR] = PLAN_PLACE(TEXT, false, plan_task, pair),
	[COLUMN_TARGET] = PLAN_PLACE(TEXT, false, plan_task, target),
};

/* One row for all kinds that call the column so. */
static void add_column(const struct data_column *c, int column)
{
	static char path[TASK_KINDS * DATA_COLUMNS][40], fallback[TASK_KINDS * DATA_COLUMNS][40];
	static int n;
	struct plan_field f = { .path = path[n], .type = PLAN_STR, .fallback = "null",
				.help = c->help };
	unsigned kinds = 0;

	for (unsigned k = 0; k < TASK_KINDS; k++) {
		const char *key = data_kind((enum task_kind)k)->column[column].key;

		if (key && str_eq(key, c->key))
			kinds |= 1U << k;
	}
	str_format(path[n], sizeof path[n], "tasks.*.%s", c->key);
	if (column != COLUMN_PAIR) {
		str_format(fallback[n], sizeof fallback[n], "\"%s\"", c->key);
		f.fallback = fallback[n];
	}
	n++;
	plan_add_row(&f, &column_at[column], kinds);
}

static bool has_column(const char *key, int column)
{
	const struct plan_place *places = plan_places();
	int n_fields;
	const struct plan_field *fields = plan_fields(&n_fields);

	for (int i = 0; i < n_fields; i++)
		if (places[i].kinds && places[i].at == column_at[column].at &&
		    str_eq(strrchr(fields[i].path, '.') + 1, key))
			return true;
	return false;
}

void plan_add_columns(void)
{
	for (int k = 0; k < TASK_KINDS; k++)
		for (int i = 0; i < DATA_COLUMNS; i++) {
			const struct data_column *c = &data_kind((enum task_kind)k)->column[i];

			if (c->key && !has_column(c->key, i))
				add_column(c, i);
		}
}
