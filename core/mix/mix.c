/*
 * mix.c - channels, shares, the draw, and choosing methods by words.
 */
#include "mix/mix.h"

#include <math.h> /* isfinite, NAN */
#include <string.h>

#include "mix/around.h"

_Static_assert((int)GUARD_TASKS_MAX == (int)MIX_TASKS_MAX, "a guard remembers every task");

void mix_init(struct mix *m, int n)
{
	BUG_IF(n < 1 || n > MIX_TASKS_MAX);
	memset(m, 0, sizeof *m);
	m->n = n;
	rates_init(&m->rates);
	for (int i = 0; i < n; i++)
		m->ch[i] = (struct mix_channel){ .weight = 1, .share = -1, .size = 1,
						 .factor = 1, .dev = NAN };
	for (int i = 0; i < GUARDS; i++)
		guard_init(guard_at(i), &m->guard[i]);
	m->sampling.row = method_at(METHOD_SAMPLING, 0);
	m->weighting.row = method_at(METHOD_WEIGHTING, 0);
	m->sampling.groups = m->weighting.groups = m->groups = 1;
}

bool mix_active(const struct mix *m, int task)
{
	bool any_solo = false;

	for (int i = 0; i < m->n; i++)
		any_solo = any_solo || m->ch[i].solo;
	return !m->ch[task].muted && (m->ch[task].solo || !any_solo);
}

/* --- asking a method --- */

static struct mix_view view_of(const struct mix *m, const struct mix_method *method)
{
	struct mix_view v = { .n = m->n, .step = m->step, .horizon = m->horizon,
			      .seed = m->seed, .epoch = m->epoch, .ch = m->ch,
			      .dev_step = m->dev_step, .param = method->param };

	for (int i = 0; i < m->n; i++)
		v.active[i] = mix_active(m, i);
	return v;
}

/* Nothing was seen, so nothing is learned: the memory is lent as a copy. */
static void ask_wishes(const struct mix *m, double *wish)
{
	const struct mix_method *s = &m->sampling;
	struct mix_view v = view_of(m, s);
	double memory[MIX_MEMORY_MAX];

	memcpy(memory, s->memory, (size_t)method_memory(s->row, m->n) * sizeof *memory);
	s->row->say(&v, memory, wish);
}

/* --- shares --- */

static bool is_by_hand(const struct mix_channel *c)
{
	return c->share >= 0;
}

/* Divides `rest` among the active channels on auto by the method's wishes. */
static void share_rest(const struct mix *m, const bool *active, double rest,
		       double *share)
{
	double wish[MIX_TASKS_MAX] = { 0 }, sum = 0;
	int n = 0;

	ask_wishes(m, wish);
	for (int i = 0; i < m->n; i++) {
		if (!active[i] || is_by_hand(&m->ch[i]))
			continue;
		sum += wish[i];
		n++;
	}
	for (int i = 0; i < m->n; i++)
		if (active[i] && !is_by_hand(&m->ch[i]))
			share[i] = sum > 0 && isfinite(sum) ? rest * (wish[i] / sum) :
							      rest / n;
}

void mix_shares(const struct mix *m, double *share)
{
	bool active[MIX_TASKS_MAX];
	double hands = 0;
	int autos = 0;

	for (int i = 0; i < m->n; i++) {
		share[i] = 0;
		active[i] = mix_active(m, i);
		if (active[i] && is_by_hand(&m->ch[i]))
			hands += m->ch[i].share;
		else if (active[i])
			autos++;
	}
	for (int i = 0; i < m->n; i++) {
		if (!active[i] || !is_by_hand(&m->ch[i]))
			continue;
		share[i] = m->ch[i].share;
		if (hands > 1 || (!autos && hands > 0))
			share[i] /= hands;
	}
	if (autos && hands < 1)
		share_rest(m, active, 1 - hands, share);
}

/* --- the draw --- */

/*
 * Tijdeman's rule ("The chairman assignment problem", 1980). Credit is what a task
 * was wished less what it was drawn. Of the n tasks with a share, those may be drawn
 * that this draw would not leave behind by more than 1 - 1/(2n-2): credit + share >=
 * 1/(2n-2). The one of them is drawn that would fall that far behind first.
 *
 * There is one: credits sum to 0 and shares to 1, so the greatest credit + share is 1/n
 * at least, and 1/n >= 1/(2n-2) from n = 2 on. With two tasks the two are equal and a
 * rounding may leave nobody; then the first deadline decides (`first`). The same line
 * says how far ahead anybody gets, whatever shares do: who is drawn has at least
 * 1/(2n-2) - 1 left. Behind is the theorem's: shares that stand still.
 *   Ties go to the lower number. No chance is in it: a share of 1/4 is one micro-batch
 * in four, not one in four on average (test_draw_within_one, test_draw_order).
 */
static int choose(const struct mix *m, const double *share, int n)
{
	double least = n > 1 ? 1.0 / (2 * n - 2) : 0, soonest = 0, soon = 0;
	int best = -1, first = -1;

	for (int i = 0; i < m->n; i++) {
		double credit = m->ch[i].credit, deadline;

		if (!(share[i] > 0))
			continue;
		deadline = (1 - least - credit) / share[i];
		if (first < 0 || deadline < soon) {
			first = i;
			soon = deadline;
		}
		if (credit + share[i] < least || (best >= 0 && deadline >= soonest))
			continue;
		best = i;
		soonest = deadline;
	}
	return best >= 0 ? best : first;
}

/*
 * The credits of those who share sum to 0 while nobody comes or goes: a draw gives 1 in
 * all and takes 1. Who is muted takes what he is owed, or owes, with him, and the rule's
 * arithmetic (choose) is about a sum of 0: below it nobody might qualify, above it all
 * would be owed more than there are draws. So all are moved alike, which keeps who is
 * owed more than whom; what is left behind stays with who is not active
 * (test_draw_tasks_come_and_go). Roundings stay far below the 1e-9.
 */
static int settle_credits(struct mix *m, const double *share)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < m->n; i++)
		if (share[i] > 0) {
			sum += m->ch[i].credit;
			n++;
		}
	if (sum < 1e-9 && sum > -1e-9)
		return n;
	for (int i = 0; i < m->n; i++)
		if (share[i] > 0)
			m->ch[i].credit -= sum / n;
	return n;
}

int mix_draw(struct mix *m)
{
	double share[MIX_TASKS_MAX];
	int n, drawn;

	mix_shares(m, share);
	n = settle_credits(m, share);
	drawn = choose(m, share, n);
	if (drawn < 0)
		return -1;
	for (int i = 0; i < m->n; i++)
		if (share[i] > 0)
			m->ch[i].credit += share[i];
	m->ch[drawn].credit -= 1;
	m->ch[drawn].drawn++;
	return drawn;
}

void mix_ramp_set(struct mix *m, int task, double from, double to, int64_t step,
		  int64_t steps)
{
	struct mix_channel *c = &m->ch[task];

	c->weight = c->ramp_from = from;
	c->ramp_to = to;
	c->ramp_begin = step;
	c->ramp_steps = steps;
}

void mix_ramp_end(struct mix *m, int task)
{
	struct mix_channel *c = &m->ch[task];

	c->ramp_from = c->ramp_to = 0;
	c->ramp_begin = c->ramp_steps = 0;
}

void mix_ramp(struct mix *m)
{
	for (int i = 0; i < m->n; i++) {
		struct mix_channel *c = &m->ch[i];
		int64_t gone = m->step - c->ramp_begin;

		if (!c->ramp_steps)
			continue;
		if (gone < c->ramp_steps) {
			c->weight = c->ramp_from + (c->ramp_to - c->ramp_from) *
				    ((double)gone / (double)c->ramp_steps);
			continue;
		}
		c->weight = c->ramp_to;
		mix_ramp_end(m, i);
	}
}

double mix_loss_weight(const struct mix *m, int task)
{
	return m->ch[task].weight * m->ch[task].factor;
}

/* --- learning --- */

/* What a checkpoint keeps, it must be able to read: the state's table ends there, too. */
static bool all_within(const double *x, int n)
{
	for (int i = 0; i < n; i++)
		if (!(x[i] >= -MIX_FACTOR_MOST && x[i] <= MIX_FACTOR_MOST))
			return false;
	return true;
}

/* Only what the row asks for; the rest stays hidden. */
static void show_step(struct mix_view *v, const struct mix_seen *seen, unsigned needs)
{
	v->count = seen->count;
	v->regress = seen->regress;
	v->loss = needs & (NEEDS_LOSSES | NEEDS_AFTER) ? seen->loss : NULL;
	v->after = needs & NEEDS_AFTER ? seen->after : NULL;
	v->norm = needs & (NEEDS_NORMS | NEEDS_GRAM) ? seen->norm : NULL;
	v->gram = needs & NEEDS_GRAM ? seen->gram : NULL;
}

/*
 * All or nothing: the method writes to copies, which are taken when every number it said
 * is finite. Its word on a locked channel is heard and not taken; its memory of it is.
 */
bool mix_learn(struct mix *m, enum method_role role, const struct mix_seen *seen)
{
	struct mix_method *method = mix_method(m, role);
	struct mix_view v = view_of(m, method);
	int count = mix_memory(method, m->n);
	double memory[MIX_MEMORY_MAX], out[MIX_TASKS_MAX];

	memcpy(memory, method->memory, (size_t)count * sizeof *memory);
	for (int i = 0; i < m->n; i++)
		out[i] = m->ch[i].factor;
	show_step(&v, seen, method->row->needs);
	if (!around_has(method->row))
		method->row->say(&v, memory, out);
	else if (!around_say(method, &v, seen, memory, out))
		return false;
	if (!all_within(out, m->n))
		return false;
	memcpy(method->memory, memory, (size_t)count * sizeof *memory);
	for (int i = 0; i < m->n && role == METHOD_WEIGHTING; i++)
		if (!m->ch[i].locked)
			m->ch[i].factor = out[i];
	return true;
}

bool mix_combines(const struct mix *m)
{
	return method_combines(m->weighting.row);
}

bool mix_measures(const struct mix *m)
{
	const struct mix_method *w = &m->weighting;

	return mix_combines(m) && (!around_has(w->row) || around_is_due(w, m->n));
}

bool mix_is_by_group(const struct mix *m)
{
	return m->weighting.groups > 1;
}

double mix_coefficient(const struct mix *m, int group, int task)
{
	const struct mix_method *w = &m->weighting;
	double c = NAN;

	if (m->ch[task].locked || w->groups == 1)
		return m->ch[task].factor;
	c = around_kept(w, m->n, group, (double *)(uintptr_t)w->memory)[task];
	return isnan(c) ? 1 : c;
}

/* --- dev metrics --- */

bool mix_wants_dev(const struct mix *m)
{
	return mix_needs(m) & NEEDS_DEV && m->step > m->dev_step;
}

void mix_take_dev(struct mix *m, const double *dev)
{
	if (!mix_wants_dev(m))
		return;
	for (int i = 0; i < m->n; i++)
		m->ch[i].dev = isnan(dev[i]) ? NAN : dev[i];
	m->dev_step = m->step;
}

/*
 * Nobody reads them any more, or somebody begins to: with the next evaluation. Not with
 * the last one, although a live run has it at hand: a replay evaluates only where a
 * method reads, and would have none (test_dev_is_kept).
 */
static void settle_dev(struct mix *m, bool was_read)
{
	bool is_read = mix_needs(m) & NEEDS_DEV;

	if (is_read && was_read)
		return;
	for (int i = 0; i < m->n; i++)
		m->ch[i].dev = NAN;
	m->dev_step = is_read ? m->step : 0;
}

/* --- choosing methods --- */

struct mix_method *mix_method(struct mix *m, enum method_role role)
{
	return role == METHOD_SAMPLING ? &m->sampling : &m->weighting;
}

unsigned mix_needs(const struct mix *m)
{
	return m->sampling.row->needs | m->weighting.row->needs;
}

void mix_show(const struct mix *m, enum method_role role, char *out, size_t cap)
{
	const struct mix_method *x = role == METHOD_SAMPLING ? &m->sampling : &m->weighting;

	method_show(x->row, x->param, out, cap);
}

int mix_memory(const struct mix_method *method, int n)
{
	int own = method_memory(method->row, n), all;

	if (!around_has(method->row))
		return own;
	all = method->groups * (own + n) + 1;
	return all <= MIX_MEMORY_MAX ? all : -1;
}

/* 0, but for what a method keeps of each locked channel. */
static void forget(struct mix_method *method, const struct mix *m)
{
	int each = method->row->each;

	for (int i = 0; i < m->n; i++)
		for (int k = 0; k < each && !m->ch[i].locked; k++)
			method->memory[each * i + k] = 0;
	memset(method->memory + each * m->n, 0,
	       sizeof method->memory - (size_t)(each * m->n) * sizeof *method->memory);
}

static int groups_of(const struct mix *m, const struct method *row, const double *param)
{
	return around_is_by_layer(row, param) && m->groups > 1 ? m->groups : 1;
}

bool mix_has_groups_of(const struct mix *m, const struct mix_method *method)
{
	return method->groups == groups_of(m, method->row, method->param);
}

void mix_use(struct mix *m, const struct method *row, const double param[MIX_PARAMS])
{
	struct mix_method *method = mix_method(m, row->role);
	bool was_read = mix_needs(m) & NEEDS_DEV;
	int groups = groups_of(m, row, param);
	bool was_there = method->row == row && method->groups == groups;

	BUG_IF(row->needs & NEEDS_AFTER && method_combines(row));
	if (!was_there)
		*method = (struct mix_method){ .row = row, .groups = groups };
	memcpy(method->param, param, sizeof method->param);
	BUG_IF(mix_memory(method, m->n) < 0);
	if (around_has(row))
		around_begin(method, m, was_there);
	else
		forget(method, m);
	for (int i = 0; i < m->n && row->role == METHOD_WEIGHTING; i++)
		if (!m->ch[i].locked)
			m->ch[i].factor = 1;
	settle_dev(m, was_read);
}

/* So many groups of so many tasks: has the method room to remember them? */
static enum status check_room(const struct mix *m, const struct method *row,
			      const double *param, struct err *err)
{
	struct mix_method tried = { .row = row, .groups = groups_of(m, row, param) };

	if (mix_memory(&tried, m->n) >= 0)
		return ST_OK;
	return err_set(err, ST_INVALID, "method '%s' cannot remember %d tasks in each of %d "
		       "groups of parameters: scope=all", row->name, m->n, tried.groups);
}

enum status mix_set(struct mix *m, enum method_role role, const char *name,
		    const char *const *args, int n_args, struct err *err)
{
	const struct method *row = method_find(role, name);
	double param[MIX_PARAMS];
	enum status st;

	if (!row)
		return err_set(err, ST_INVALID, "no %s method '%s'",
			       method_role_name(role), name);
	st = method_params(row, args, n_args, param, err);
	if (!st)
		st = check_room(m, row, param, err);
	if (!st)
		mix_use(m, row, param);
	return st;
}
