/*
 * sweep_expand.c - from what varies to a list of runs, in one order: entries of the
 * list, then the grid with its last field turning fastest, then splits, then seeds.
 *
 * A run's name is NAME-ENTRY-FIELDVALUE...-dSPLIT-sSEED, of what there is. The same
 * sweep gives the same names, which is how it is taken up again.
 */
#include "sweep/sweep_own.h"

#include <ctype.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "plan/plan.h"
#include "rundir/init.h"

enum { SYSTEM_NAME_MAX = 64 };

/* --- names --- */

/* Letters that names of runs have; runs of others become one '-'. */
static void add_clean(struct buf *b, const char *text)
{
	for (; *text; text++) {
		char last = b->len ? b->s[b->len - 1] : '-';

		if (isalnum((unsigned char)*text) || *text == '_' || *text == '-' ||
		    (*text == '.' && last != '.'))
			buf_addc(b, *text);
		else if (last != '-')
			buf_addc(b, '-');
	}
}

static void trim(struct buf *b)
{
	while (b->len && b->s[b->len - 1] == '-')
		b->s[--b->len] = '\0';
}

static const char *last_word(const char *key)
{
	const char *dot = strrchr(key, '.');

	return dot ? dot + 1 : key;
}

/* "lr"; "topic.weight" where two fields end in "weight". */
static const char *short_key(const struct sweep *s, int axis)
{
	const char *key = s->axis[axis].key, *word = last_word(key);
	bool is_shared = false;

	for (int i = 0; i < s->n_axes; i++)
		is_shared |= i != axis && str_eq(last_word(s->axis[i].key), word);
	if (!is_shared)
		return word;
	while (word > key + 1 && word[-2] != '.')
		word--;
	return word > key ? word - 1 : word;
}

/* Too long, or taken by another system: told apart by a hash of the whole. */
static void settle_name(const struct sweep *s, struct buf *b, const char *label)
{
	bool is_taken = false;
	char hash[HASH_TEXT];

	for (int i = 0; i < s->n_systems; i++)
		is_taken |= str_eq(s->system[i].name, buf_str(b));
	if (!is_taken && b->len <= SYSTEM_NAME_MAX)
		return;
	hash_text(hash_bytes(label, strlen(label)), hash);
	if (b->len > SYSTEM_NAME_MAX - 9) {
		b->len = SYSTEM_NAME_MAX - 9;
		b->s[b->len] = '\0';
	}
	buf_addf(b, "-%.8s", hash);
}

/* --- systems --- */

/* What the grid sets may not be set by a hand or an entry, too. */
static enum status check_axes(const struct sweep *s, const struct sweep_sets *sets,
			      struct err *err)
{
	for (int i = 0; i < s->n_axes; i++) {
		const char *key = s->axis[i].key;

		if (str_eq(key, "seed") || str_eq(key, "split"))
			return err_set(err, ST_INVALID, "%s does not vary as a field: use "
				       "--%ss", key, key);
		if (sweep_sets_find(sets, key, strlen(key)) >= 0)
			return err_set(err, ST_INVALID, "%.80s is set and varies: one of "
				       "them", key);
	}
	if (s->seeds.n && sweep_sets_find(sets, "seed", 4) >= 0)
		return err_set(err, ST_INVALID, "seed is set and there are seeds: one of "
			       "them");
	if (s->splits.n && sweep_sets_find(sets, "split", 5) >= 0)
		return err_set(err, ST_INVALID, "split is set and there are splits: one of "
			       "them");
	return ST_OK;
}

/* Predictions of all dev rows are kept, where the plan's format can say so. */
static enum status keep_whole(struct sweep_sets *sets, struct err *err)
{
	static const char key[] = "budget.eval_end";

	if (!sweep_has_field(key) || sweep_sets_find(sets, key, strlen(key)) >= 0)
		return ST_OK;
	return sweep_sets_put(sets, "budget.eval_end=all", err);
}

/* One field of the grid: its value into the system's settings, label and name. */
static enum status add_value(const struct sweep *s, int axis, const char *text,
			     struct sweep_sets *sets, struct buf *label, struct buf *name,
			     struct err *err)
{
	struct buf set;
	enum status st;

	buf_init(&set);
	buf_addf(&set, "%s=%s", s->axis[axis].key, text);
	st = sweep_sets_put(sets, buf_str(&set), err);
	buf_addf(label, "%s%s", label->len ? " " : "", buf_str(&set));
	buf_adds(name, name->len ? "-" : "");
	add_clean(name, short_key(s, axis));
	add_clean(name, text);
	trim(name);
	buf_release(&set);
	return st;
}

/* The grid's `cell`-th combination over an entry (NULL: there is no list). */
static enum status add_system(struct sweep *s, const struct sweep_entry *e, int64_t cell,
			      struct err *err)
{
	struct sweep_system *y = &s->system[s->n_systems];
	int value[SWEEP_AXES] = { 0 };
	struct buf name, label;
	enum status st = ST_OK;

	*y = (struct sweep_system){ 0 };
	buf_init(&name);
	buf_init(&label);
	sweep_sets_copy(&y->sets, &s->sets);
	for (int i = 0; e && !st && i < e->sets.n; i++)
		st = sweep_sets_put(&y->sets, e->sets.text[i], err);
	if (!st)
		st = check_axes(s, &y->sets, err);
	for (int i = s->n_axes - 1; i >= 0; i--) {
		value[i] = (int)(cell % s->axis[i].n);
		cell /= s->axis[i].n;
	}
	if (e) {
		add_clean(&name, e->name);
		buf_adds(&label, e->name);
	}
	for (int i = 0; !st && i < s->n_axes; i++)
		st = add_value(s, i, s->axis[i].value[value[i]], &y->sets, &label, &name,
			       err);
	if (!st)
		st = keep_whole(&y->sets, err);
	settle_name(s, &name, buf_str(&label));
	y->name = buf_take(&name);
	y->label = buf_take(&label);
	s->n_systems++;
	return st;
}

static enum status add_systems(struct sweep *s, struct err *err)
{
	int64_t cells = 1;
	int entries = s->n_entries ? s->n_entries : 1;
	enum status st = ST_OK;

	for (int i = 0; i < s->n_axes; i++) {
		cells *= s->axis[i].n;
		if (cells * entries > SWEEP_POINTS)
			return err_set(err, ST_INVALID, "more than %d runs", SWEEP_POINTS);
	}
	s->system = xcalloc((size_t)(cells * entries), sizeof *s->system);
	for (int e = 0; e < entries; e++)
		for (int64_t c = 0; !st && c < cells; c++)
			st = add_system(s, s->n_entries ? &s->entry[e] : NULL, c, err);
	return st;
}

/* --- points --- */

static enum status add_point(struct sweep *s, int system, int split, int seed,
			     struct err *err)
{
	struct sweep_point *p = &s->point[s->n_points];
	struct buf b;
	enum status st = ST_OK;

	*p = (struct sweep_point){ .system = system, .has_seed = s->seeds.n > 0,
				   .has_split = s->splits.n > 0 };
	buf_init(&b);
	buf_adds(&b, s->name);
	if (*s->system[system].name)
		buf_addf(&b, "-%s", s->system[system].name);
	if (p->has_split) {
		p->split = s->splits.value[split];
		buf_addf(&b, "-d%llu", (unsigned long long)p->split);
	}
	if (p->has_seed) {
		p->seed = s->seeds.value[seed];
		buf_addf(&b, "-s%llu", (unsigned long long)p->seed);
	}
	if (!str_copy(p->run, sizeof p->run, buf_str(&b)))
		st = err_set(err, ST_INVALID, "the name of a run is longer than %d bytes: "
			     "'%.120s' (--run NAME is a shorter one)", SWEEP_NAME - 1,
			     buf_str(&b));
	buf_release(&b);
	s->n_points++;
	s->system[system].n++;
	return st;
}

static enum status add_points(struct sweep *s, struct err *err)
{
	int splits = s->splits.n ? s->splits.n : 1, seeds = s->seeds.n ? s->seeds.n : 1;
	int64_t all = (int64_t)s->n_systems * splits * seeds;
	enum status st = ST_OK;

	if (all > SWEEP_POINTS)
		return err_set(err, ST_INVALID, "%lld runs are more than %d",
			       (long long)all, SWEEP_POINTS);
	s->point = xcalloc((size_t)all, sizeof *s->point);
	for (int y = 0; y < s->n_systems; y++) {
		s->system[y].first = s->n_points;
		for (int d = 0; d < splits; d++)
			for (int k = 0; !st && k < seeds; k++)
				st = add_point(s, y, d, k, err);
	}
	return st;
}

void sweep_given(const struct sweep *s, int point, struct sweep_given *out)
{
	const struct sweep_point *p = &s->point[point];
	const struct sweep_sets *sets = &s->system[p->system].sets;

	out->n = 0;
	for (int i = 0; i < sets->n; i++)
		out->set[out->n++] = sets->text[i];
	if (p->has_split) {
		str_format(out->own[0], sizeof out->own[0], "split=%llu",
			   (unsigned long long)p->split);
		out->set[out->n++] = out->own[0];
	}
	if (p->has_seed) {
		str_format(out->own[1], sizeof out->own[1], "seed=%llu",
			   (unsigned long long)p->seed);
		out->set[out->n++] = out->own[1];
	}
}

enum status sweep_plan(const struct sweep *s, int point, struct plan **out,
		       struct err *err)
{
	struct plan_opener opener = { init_open, s->runs };
	struct sweep_given given;

	sweep_given(s, point, &given);
	return plan_load_with(s->plan, given.set, given.n, &opener, s->is_afar, out, err);
}

/* Splits draw the rows of dev_share: without such a task all runs would be the same. */
static enum status check_splits(const struct sweep *s, const struct plan *p,
				struct err *err)
{
	if (!s->splits.n)
		return ST_OK;
	for (int i = 0; i < p->n_tasks; i++)
		if (p->tasks[i].dev_share > 0)
			return ST_OK;
	return err_set(err, ST_INVALID, "splits change nothing: no task of %.300s has a "
		       "dev_share, all dev rows are files", s->plan);
}

/* Seeds and splits are in their ranges: one plan of each system tells of all. */
static enum status check_plans(const struct sweep *s, struct err *err)
{
	enum status st = ST_OK;

	for (int y = 0; !st && y < s->n_systems; y++) {
		struct plan *plan = NULL;

		st = sweep_plan(s, s->system[y].first, &plan, err);
		if (!st)
			st = check_splits(s, plan, err);
		if (st && s->n_systems > 1)
			err_wrap(err, st, "run '%s'", s->point[s->system[y].first].run);
		plan_free(plan);
	}
	return st;
}

enum status sweep_expand(struct sweep *s, struct err *err)
{
	enum status st;

	if (!isalnum((unsigned char)s->name[0]) && s->name[0] != '_')
		return err_set(err, ST_INVALID, "no name for runs: '%.60s' (--run NAME is "
			       "another one)", s->name);
	st = add_systems(s, err);
	if (!st)
		st = add_points(s, err);
	return st ? st : check_plans(s, err);
}
