/*
 * plan_fields.c - the table of a plan's fields as it is read: a row per meaning, made of
 * the rows of plan_table.c and what kinds of task say of them (plan_kind.h).
 */
#include "plan/plan_table.h"

#include <string.h>

#include "data/data_kind.h"
#include "plan/plan_kind.h"

_Static_assert(TASK_KINDS <= 30, "a bit for every kind, and PLAN_OF_ACTOR");

enum { FIELDS_MAX = PLAN_LISTED_MAX + TASK_KINDS * (DATA_COLUMNS + PLAN_VARIANTS) };

static struct plan_field fields[FIELDS_MAX];
static struct plan_place places[FIELDS_MAX];
static int n_fields;

static bool has_field(enum task_kind k, unsigned traits)
{
	return traits & (FOR_EVERY | plan_kind(k)->traits);
}

static const struct plan_variant *find_variant(enum task_kind k, const char *key)
{
	const struct plan_variant *v = plan_kind(k)->variant;

	for (int i = 0; i < PLAN_VARIANTS && v[i].key; i++)
		if (str_eq(v[i].key, key))
			return &v[i];
	return NULL;
}

static void add_row(const struct plan_field *f, const struct plan_place *p, unsigned kinds)
{
	fields[n_fields] = *f;
	places[n_fields] = *p;
	places[n_fields++].kinds = kinds;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && str_eq(a, b));
}

static bool same_variant(const struct plan_variant *a, const struct plan_variant *b)
{
	return a && b && same_text(a->fallback, b->fallback) && same_text(a->help, b->help);
}

/* The kinds with this very variant of a field; 0: one before kind k has it, too. */
static unsigned kinds_with(unsigned k, const char *key, unsigned traits)
{
	const struct plan_variant *v = find_variant((enum task_kind)k, key);
	unsigned kinds = 0;

	for (unsigned i = 0; i < TASK_KINDS; i++)
		if (has_field((enum task_kind)i, traits) &&
		    same_variant(v, find_variant((enum task_kind)i, key)))
			kinds |= 1U << i;
	return kinds & ((1U << k) - 1) ? 0 : kinds;
}

/* A row for the kinds that have the field as it is listed, then one per variant. */
static void add_task_rows(const struct plan_field *f, const struct plan_listed_place *p)
{
	const char *key = strrchr(f->path, '.') + 1;
	unsigned plain = 0;

	for (unsigned k = 0; k < TASK_KINDS; k++)
		if (has_field((enum task_kind)k, p->traits) &&
		    !find_variant((enum task_kind)k, key))
			plain |= 1U << k;
	if (plain)
		add_row(f, &p->place, plain);
	for (unsigned k = 0; k < TASK_KINDS; k++) {
		const struct plan_variant *v = find_variant((enum task_kind)k, key);
		struct plan_field own = *f;

		if (!v || !has_field((enum task_kind)k, p->traits) ||
		    !kinds_with(k, key, p->traits))
			continue;
		own.fallback = v->fallback ? v->fallback : f->fallback;
		own.help = v->help ? v->help : f->help;
		add_row(&own, &p->place, kinds_with(k, key, p->traits));
	}
}

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
	add_row(&f, &column_at[column], kinds);
}

static bool has_column(const char *key, int column)
{
	for (int i = 0; i < n_fields; i++)
		if (places[i].kinds && places[i].at == column_at[column].at &&
		    str_eq(strrchr(fields[i].path, '.') + 1, key))
			return true;
	return false;
}

static void add_columns(void)
{
	for (int k = 0; k < TASK_KINDS; k++)
		for (int i = 0; i < DATA_COLUMNS; i++) {
			const struct data_column *c = &data_kind((enum task_kind)k)->column[i];

			if (c->key && !has_column(c->key, i))
				add_column(c, i);
		}
}

/* Before main(): any thread may ask for a field. It reads nothing but constants. */
__attribute__((constructor)) static void make_fields(void)
{
	struct plan_field f;
	struct plan_place p;

	for (int i = 0; i < plan_listed_count; i++)
		if (plan_listed_places[i].traits == FOR_COLUMN)
			add_columns();
		else if (plan_listed_places[i].traits)
			add_task_rows(&plan_listed[i], &plan_listed_places[i]);
		else
			add_row(&plan_listed[i], &plan_listed_places[i].place,
				plan_listed_places[i].place.kinds);
	for (int i = 0; plan_guard_field(i, &f, &p); i++)
		add_row(&f, &p, 0);
}

const struct plan_field *plan_fields(int *n)
{
	*n = n_fields;
	return fields;
}

const struct plan_place *plan_places(void)
{
	return places;
}
