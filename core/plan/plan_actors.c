/*
 * plan_actors.c - the plan's actors: read, looked up, written.
 */
#include "plan/plan_table.h"

#include <string.h>

#include "base/mem.h"

enum { ACTORS_MAX = 64 };

/* --- reading --- */

static enum status add_range(struct plan_reader *r, struct plan_actor *a, const char *path,
			     const struct json *n)
{
	struct plan_range *range = &a->ranges[a->n_ranges++];
	double x[2] = { 0 };
	enum status st;

	if (!str_copy(range->command, sizeof range->command, json_key(n)))
		return plan_refuse(r, path, "no command '%.40s...'", json_key(n));
	st = plan_read_range(r, x, true, path, n);
	range->least = x[0];
	range->most = x[1];
	return st;
}

enum status plan_read_ranges(struct plan_reader *r, const struct plan_field *f,
			     struct plan_actor *a, const char *path, const struct json *n)
{
	int len = json_len(n);
	enum status st = ST_OK;

	if (json_type(n) != JSON_OBJECT)
		return plan_refuse(r, path, "not an object of ranges but %s",
				   json_type_name(json_type(n)));
	if (len > (int)f->max)
		return plan_refuse(r, path, "more than %d entries", (int)f->max);
	a->ranges = xcalloc((size_t)len + 1, sizeof *a->ranges);
	for (n = json_first(n); n && !st; n = json_next(n))
		st = add_range(r, a, path, n);
	return st;
}

static enum status read_actor(struct plan_reader *r, struct plan_actor *a,
			      const struct json *obj)
{
	int n;
	const struct plan_field *f = plan_fields(&n);
	char path[PLAN_PATH_TEXT];
	enum status st = ST_OK;

	if (!plan_is_name(json_key(obj)))
		return plan_refuse(r, "actors", "no name of an actor: '%.80s' (1 to %d of "
				   "a-z, 0-9, '-', '_')", json_key(obj), TASK_NAME_MAX - 1);
	str_copy(a->name, sizeof a->name, json_key(obj));
	for (int i = 0; i < n && !st; i++) {
		const char *key = strrchr(f[i].path, '.');

		if (plan_places()[i].kinds != PLAN_OF_ACTOR)
			continue;
		str_format(path, sizeof path, "actors.%s%s", a->name, key);
		st = plan_read_row(r, i, a, path, json_get(obj, key + 1));
	}
	return st;
}

/* Its keys are known to be fields, and its members objects (check_keys). */
enum status plan_read_actors(struct plan_reader *r, const struct json *root)
{
	const struct json *all = json_get(root, "actors");
	enum status st = ST_OK;

	if (!all)
		return ST_OK;
	if (json_len(all) > ACTORS_MAX)
		return plan_refuse(r, "actors", "%d actors where %d may be", json_len(all),
				   ACTORS_MAX);
	r->plan->has_actors = true;
	r->plan->actors = xcalloc((size_t)json_len(all) + 1, sizeof *r->plan->actors);
	for (all = json_first(all); all && !st; all = json_next(all))
		st = read_actor(r, &r->plan->actors[r->plan->n_actors++], all);
	return st;
}

void plan_free_actors(struct plan *p)
{
	for (int i = 0; i < p->n_actors; i++) {
		for (int k = 0; k < p->actors[i].n_commands; k++)
			xfree(p->actors[i].commands[k]);
		xfree(p->actors[i].commands);
		xfree(p->actors[i].ranges);
	}
	xfree(p->actors);
}

const struct plan_actor *plan_actor_find(const struct plan *p, const char *name)
{
	for (int i = 0; i < p->n_actors; i++)
		if (str_eq(p->actors[i].name, name))
			return &p->actors[i];
	return NULL;
}

/* --- writing --- */

void plan_put_ranges(struct json_out *o, const char *key, const struct plan_actor *a)
{
	json_open(o, key, '{');
	for (int i = 0; i < a->n_ranges; i++) {
		json_open(o, a->ranges[i].command, '[');
		json_put_num(o, NULL, a->ranges[i].least);
		json_put_num(o, NULL, a->ranges[i].most);
		json_close(o, ']');
	}
	json_close(o, '}');
}

static void put_actor(struct json_out *o, const struct plan_actor *a)
{
	int n;
	const struct plan_field *f = plan_fields(&n);

	json_open(o, a->name, '{');
	for (int i = 0; i < n; i++)
		if (plan_places()[i].kinds == PLAN_OF_ACTOR)
			plan_put_row(o, i, a, strrchr(f[i].path, '.') + 1);
	json_close(o, '}');
}

/* An object of none is there, too: it says that nobody steers by a name. */
void plan_put_actors(struct json_out *o, const struct plan *p)
{
	if (!p->has_actors)
		return;
	json_open(o, "actors", '{');
	for (int i = 0; i < p->n_actors; i++)
		put_actor(o, &p->actors[i]);
	json_close(o, '}');
}
