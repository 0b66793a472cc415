/*
 * mix.c - channels, shares, the draw, and choosing methods by words.
 */
#include "mix/mix.h"

#include <string.h>

#include "base/str.h"

void mix_init(struct mix *m, int n)
{
	BUG_IF(n < 1 || n > MIX_TASKS_MAX);
	memset(m, 0, sizeof *m);
	m->n = n;
	for (int i = 0; i < n; i++)
		m->ch[i] = (struct mix_channel){ .weight = 1, .share = -1, .size = 1,
						 .factor = 1 };
}

bool mix_active(const struct mix *m, int task)
{
	bool any_solo = false;

	for (int i = 0; i < m->n; i++)
		any_solo = any_solo || m->ch[i].solo;
	return !m->ch[task].muted && (m->ch[task].solo || !any_solo);
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

	sampling_table[m->sampling.kind].wish(m, wish);
	for (int i = 0; i < m->n; i++) {
		if (!active[i] || is_by_hand(&m->ch[i]))
			continue;
		sum += wish[i];
		n++;
	}
	for (int i = 0; i < m->n; i++)
		if (active[i] && !is_by_hand(&m->ch[i]))
			share[i] = sum > 0 ? rest * (wish[i] / sum) : rest / n;
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
 * The credits of those who share sum to 0 while nobody comes or goes. When they do
 * not, all are moved alike; what is left behind stays with who is not active.
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

double mix_loss_weight(const struct mix *m, int task)
{
	return m->ch[task].weight * m->ch[task].factor;
}

void mix_feedback(struct mix *m, const struct mix_feedback *f)
{
	const struct weighting_method *w = &weighting_table[m->weighting.kind];

	if (w->update)
		w->update(m, f);
}

/* --- methods by words --- */

static int param_find_name(const struct mix_param *p, const char *name, size_t len)
{
	for (int i = 0; i < MIX_PARAMS && p[i].name; i++)
		if (strlen(p[i].name) == len && !memcmp(p[i].name, name, len))
			return i;
	return -1;
}

/* "T=2" into param[]; `seen` refuses a second one. */
static enum status read_param(const char *method, const struct mix_param *table,
			      const char *arg, double *param, bool *seen,
			      struct err *err)
{
	const char *eq = strchr(arg, '=');
	int k = eq ? param_find_name(table, arg, (size_t)(eq - arg)) : -1;
	double x;

	if (!eq)
		return err_set(err, ST_INVALID, "'%s' is no NAME=VALUE", arg);
	if (k < 0)
		return err_set(err, ST_INVALID, "method '%s' has no parameter '%.*s'",
			       method, (int)(eq - arg), arg);
	if (seen[k])
		return err_set(err, ST_INVALID, "parameter '%s' is given twice",
			       table[k].name);
	if (!parse_double(eq + 1, &x))
		return err_set(err, ST_INVALID, "'%s' is no number, in '%s'", eq + 1, arg);
	if (!(x >= table[k].min && x <= table[k].max))
		return err_set(err, ST_INVALID, "%s is out of range: %g to %g", arg,
			       table[k].min, table[k].max);
	seen[k] = true;
	param[k] = x;
	return ST_OK;
}

static enum status read_params(const char *method, const struct mix_param *table,
			       const char *const *args, int n, double *param,
			       struct err *err)
{
	bool seen[MIX_PARAMS] = { false };
	enum status st = ST_OK;

	for (int i = 0; i < MIX_PARAMS; i++)
		param[i] = table[i].name ? table[i].fallback : 0;
	for (int i = 0; i < n && !st; i++)
		st = read_param(method, table, args[i], param, seen, err);
	return st;
}

static bool make_row(const char *name, const struct mix_param *param,
		     int (*memory)(int tasks), int n, struct mix_row *out)
{
	*out = (struct mix_row){ name, param, memory ? memory(n) : 0 };
	BUG_IF(out->memory < 0 || out->memory > MIX_MEMORY_MAX);
	return true;
}

bool mix_sampling_row(int kind, int n, struct mix_row *out)
{
	const struct sampling_method *t = &sampling_table[kind];

	return kind >= 0 && kind < sampling_count &&
	       make_row(t->name, t->param, t->memory, n, out);
}

bool mix_weighting_row(int kind, int n, struct mix_row *out)
{
	const struct weighting_method *t = &weighting_table[kind];

	return kind >= 0 && kind < weighting_count &&
	       make_row(t->name, t->param, t->memory, n, out);
}

enum status mix_set_sampling(struct mix *m, const char *name,
			     const char *const *args, int n_args, struct err *err)
{
	double param[MIX_PARAMS];
	enum status st;
	int kind = -1;

	for (int i = 0; i < sampling_count; i++)
		if (str_eq(sampling_table[i].name, name))
			kind = i;
	if (kind < 0)
		return err_set(err, ST_INVALID, "no sampling method '%s'", name);
	st = read_params(name, sampling_table[kind].param, args, n_args, param, err);
	if (st)
		return st;
	m->sampling = (struct mix_method){ .kind = kind };
	memcpy(m->sampling.param, param, sizeof param);
	return ST_OK;
}

enum status mix_set_weighting(struct mix *m, const char *name,
			      const char *const *args, int n_args, struct err *err)
{
	double param[MIX_PARAMS];
	enum status st;
	int kind = -1;

	for (int i = 0; i < weighting_count; i++)
		if (str_eq(weighting_table[i].name, name))
			kind = i;
	if (kind < 0)
		return err_set(err, ST_INVALID, "no weighting method '%s'", name);
	st = read_params(name, weighting_table[kind].param, args, n_args, param, err);
	if (st)
		return st;
	if (m->weighting.kind != kind) /* the same one keeps what is locked */
		m->weighting = (struct mix_method){ .kind = kind };
	memcpy(m->weighting.param, param, sizeof param);
	weighting_table[kind].start(m);
	return ST_OK;
}
