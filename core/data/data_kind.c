/*
 * data_kind.c - the table of kinds as the list in task_kind.h has them.
 */
#include "data/data_kind.h"

#include "base/mem.h"
#include "base/str.h"

#define NAME(constant, name) [TASK_##constant] = #name,
#define ROW(constant, name)  [TASK_##constant] = &data_kind_##name,
static const char *const names[] = { TASK_KIND_LIST(NAME) };
static const struct data_kind *const rows[] = { TASK_KIND_LIST(ROW) };
#undef NAME
#undef ROW

_Static_assert(sizeof rows / sizeof *rows == TASK_KINDS, "a row for every kind");

const struct data_kind *data_kind(enum task_kind k)
{
	BUG_IF((unsigned)k >= TASK_KINDS);
	return rows[k];
}

uint32_t data_units_one(const struct cache_record *r)
{
	(void)r;
	return 1;
}

const char *task_kind_name(enum task_kind k)
{
	BUG_IF((unsigned)k >= TASK_KINDS);
	return names[k];
}

bool task_kind_find(const char *name, enum task_kind *k)
{
	for (int i = 0; i < TASK_KINDS; i++)
		if (str_eq(names[i], name)) {
			*k = (enum task_kind)i;
			return true;
		}
	return false;
}

void task_kind_words(const char *last, struct buf *out)
{
	for (int i = 0; i < TASK_KINDS; i++)
		buf_addf(out, "%s%s", !i ? "" : i + 1 < TASK_KINDS ? ", " : last, names[i]);
}
