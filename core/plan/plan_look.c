/*
 * plan_look.c - look-ups in the table of fields: by path and kind, by nearness, and
 * the choices of a field.
 */
#include "plan/plan_table.h"

#include <string.h>

/* --- rows --- */

/* Does the table's path, up to its end or the next dot, cover the concrete one? */
static const char *match_part(const char *row, const char **path)
{
	size_t a = strcspn(row, "."), b = strcspn(*path, ".");

	if (!(a == 1 && *row == '*') && (a != b || memcmp(row, *path, a)))
		return NULL;
	*path += b;
	return row + a;
}

enum match { MATCH_NOT, MATCH_WHOLE, MATCH_BELOW };

/* BELOW: `path` names an object that holds the row's field. */
static enum match match(const char *row, const char *path)
{
	for (;;) {
		row = match_part(row, &path);
		if (!row)
			return MATCH_NOT;
		if (!*path)
			return *row ? MATCH_BELOW : MATCH_WHOLE;
		if (!*row)
			return MATCH_NOT;
		row++;
		path++;
	}
}

static bool is_for(const struct plan_place *p, unsigned kinds)
{
	return !p->kinds || (p->kinds & kinds);
}

int plan_row_find(const char *path, int kind)
{
	unsigned kinds = kind < 0 ? ~0U : 1U << kind;
	int n;
	const struct plan_field *f = plan_fields(&n);

	for (int i = 0; i < n; i++)
		if (is_for(&plan_places()[i], kinds) && match(f[i].path, path) == MATCH_WHOLE)
			return i;
	return -1;
}

int plan_row_any(const char *path)
{
	return plan_row_find(path, -1);
}

unsigned plan_path_kinds(const char *path)
{
	unsigned kinds = 0;
	int n;
	const struct plan_field *f = plan_fields(&n);

	for (int i = 0; i < n; i++)
		if (match(f[i].path, path) == MATCH_WHOLE)
			kinds |= plan_places()[i].kinds;
	return kinds;
}

bool plan_is_section(const char *path)
{
	int n;
	const struct plan_field *f = plan_fields(&n);

	for (int i = 0; i < n; i++)
		if (match(f[i].path, path) == MATCH_BELOW)
			return true;
	return false;
}

static bool is_model_kind(const char *kind)
{
	for (int i = 0; model_kind_name(i); i++)
		if (str_eq(model_kind_name(i), kind))
			return true;
	return false;
}

bool plan_row_is_of_model(int row, const char *kind, const char *decoder,
			  plan_uses *uses)
{
	int n;

	return !plan_places()[row].of_model || plan_places()[row].kinds ||
	       !is_model_kind(kind) ||
	       uses(kind, decoder, strrchr(plan_fields(&n)[row].path, '.') + 1);
}

void plan_kind_words(unsigned kinds, char *out, size_t cap)
{
	struct buf b;

	buf_init(&b);
	for (unsigned k = 0; k < TASK_KINDS; k++)
		if (kinds & (1U << k))
			buf_addf(&b, "%s%s", b.len ? " or " : "",
				 task_kind_name((enum task_kind)k));
	str_copy(out, cap, buf_str(&b));
	buf_release(&b);
}

/* --- nearness, for "did you mean" --- */

static int least(int a, int b, int c)
{
	int m = a < b ? a : b;

	return m < c ? m : c;
}

enum { WORD = 40 };

int plan_edits(const char *a, const char *b)
{
	int d[WORD + 1][WORD + 1];
	int n = (int)strlen(a), m = (int)strlen(b);

	if (n > WORD || m > WORD || n - m > 2 || m - n > 2)
		return 3;
	for (int i = 0; i <= n; i++)
		d[i][0] = i;
	for (int j = 0; j <= m; j++)
		d[0][j] = j;
	for (int i = 1; i <= n; i++)
		for (int j = 1; j <= m; j++) {
			int swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
				   a[i - 2] == b[j - 1];

			d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1,
					d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (swap && d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[n][m] < 3 ? d[n][m] : 3;
}

const char *plan_nearest_key(const char *section, const char *key, unsigned kinds)
{
	static _Thread_local char best[WORD + 1];
	int n, least_edits = 3;
	const struct plan_field *f = plan_fields(&n);

	for (int i = 0; i < n; i++) {
		char name[WORD + 1];
		const char *rest = f[i].path, *path = section;
		int edits;

		for (; rest && *path; rest = rest && *rest ? rest + 1 : NULL) {
			rest = match_part(rest, &path);
			if (*path)
				path++;
		}
		if (!rest || !is_for(&plan_places()[i], kinds))
			continue;
		str_format(name, sizeof name, "%.*s", (int)strcspn(rest, "."), rest);
		edits = plan_edits(name, key);
		if (edits < least_edits && !str_eq(name, "*")) {
			least_edits = edits;
			str_copy(best, sizeof best, name);
		}
	}
	return least_edits < 3 ? best : NULL;
}

/* --- "a|b|c" --- */

bool plan_choice_at(const char *choices, int i, char *out, size_t cap)
{
	while (i-- > 0) {
		choices += strcspn(choices, "|");
		if (!*choices++)
			return false;
	}
	return str_format(out, cap, "%.*s", (int)strcspn(choices, "|"), choices);
}

int plan_choice_find(const char *choices, const char *word)
{
	char name[WORD + 1];

	for (int i = 0; plan_choice_at(choices, i, name, sizeof name); i++)
		if (str_eq(name, word))
			return i;
	return -1;
}
