/*
 * guard.c - the list of all guards, their settings in words, and what rows share.
 */
#include "guard/guard.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

#define DECLARE(name) extern const struct guard_row guard_##name;
GUARD_LIST(DECLARE)
#define POINT(name) &guard_##name,
static const struct guard_row *const guards[GUARDS] = { GUARD_LIST(POINT) };

static const char *const modes[GUARD_MODES] = { "off", "warn", "act" };

const char *guard_mode_name(enum guard_mode m)
{
	return modes[m];
}

bool guard_mode_find(const char *name, enum guard_mode *out)
{
	for (int i = 0; i < GUARD_MODES; i++)
		if (str_eq(modes[i], name)) {
			*out = (enum guard_mode)i;
			return true;
		}
	return false;
}

const struct guard_row *guard_at(int i)
{
	return i >= 0 && i < GUARDS ? guards[i] : NULL;
}

int guard_find(const char *name)
{
	for (int i = 0; i < GUARDS; i++)
		if (str_eq(guards[i]->name, name))
			return i;
	return -1;
}

int guard_memory(const struct guard_row *row, int n)
{
	BUG_IF(row->each > GUARD_EACH || row->own > GUARD_OWN || n > GUARD_TASKS_MAX);
	return row->each * n + row->own;
}

void guard_init(const struct guard_row *row, struct guard *g)
{
	memset(g, 0, sizeof *g);
	g->mode = row->fallback;
	for (int i = 0; i < GUARD_PARAMS && row->param[i].name; i++)
		g->param[i] = row->param[i].fallback;
}

bool guard_is_plain(const struct guard_row *row, const struct guard *g)
{
	struct guard plain;

	guard_init(row, &plain);
	return g->mode == plain.mode && !g->since && g->mode != GUARD_ACT &&
	       !memcmp(g->param, plain.param, sizeof g->param);
}

/* --- settings by words --- */

static enum status read_param(const struct guard_row *row, const char *arg,
			      struct guard *g, bool *seen, struct err *err)
{
	const struct guard_param *p = row->param;
	const char *eq = strchr(arg, '=');
	int k = 0;
	double x;

	if (!eq)
		return err_set(err, ST_INVALID, "'%.40s' is no NAME=VALUE", arg);
	while (k < GUARD_PARAMS && p[k].name &&
	       (strlen(p[k].name) != (size_t)(eq - arg) ||
		memcmp(p[k].name, arg, (size_t)(eq - arg))))
		k++;
	if (k == GUARD_PARAMS || !p[k].name)
		return err_set(err, ST_INVALID, "guard '%s' has no parameter '%.*s'",
			       row->name, (int)(eq - arg), arg);
	if (seen[k])
		return err_set(err, ST_INVALID, "parameter '%s' is given twice", p[k].name);
	if (!parse_double(eq + 1, &x))
		return err_set(err, ST_INVALID, "'%s' is no number, in '%.60s'", eq + 1, arg);
	if (!(x >= p[k].min && x <= p[k].max))
		return err_set(err, ST_INVALID, "%.60s is out of range: %g to %g", arg,
			       p[k].min, p[k].max);
	seen[k] = true;
	g->param[k] = x;
	return ST_OK;
}

enum status guard_set(const struct guard_row *row, const char *const *args, int n,
		      int64_t step, struct guard *g, struct err *err)
{
	bool seen[GUARD_PARAMS] = { false };
	struct guard set;
	enum status st = ST_OK;

	guard_init(row, &set);
	set.since = set.seen = step;
	if (n < 1)
		return err_set(err, ST_INVALID, "guard '%s': warn, act or off?", row->name);
	if (!guard_mode_find(args[0], &set.mode))
		return err_set(err, ST_INVALID, "guard '%s' is set to warn, act or off, not to "
			       "'%.40s'", row->name, args[0]);
	for (int i = 1; i < n && !st; i++)
		st = read_param(row, args[i], &set, seen, err);
	if (!st)
		*g = set;
	return st;
}

enum status guard_read(const struct guard_row *row, const char *text, struct guard *g,
		       struct err *err)
{
	char copy[160], *at = copy;
	const char *word[1 + GUARD_PARAMS + 1];
	int n = 0;

	if (!str_copy(copy, sizeof copy, text))
		return err_set(err, ST_INVALID, "too long: '%.60s...'", text);
	for (char *w; n < GUARD_PARAMS + 2 && (w = strsep(&at, " \t")) != NULL;)
		if (*w)
			word[n++] = w;
	return guard_set(row, word, n, 0, g, err);
}

enum status guard_suits(const struct guard_row *row, const struct guard *g, bool is_measured,
			struct err *err)
{
	const char *why = row->idle && g->mode != GUARD_OFF ? row->idle(g->param) : NULL;

	if (why)
		return err_set(err, ST_INVALID, "guard '%s' has nothing to watch: %s", row->name,
			       why);
	if (g->mode == GUARD_OFF || !row->dev || is_measured)
		return ST_OK;
	return err_set(err, ST_INVALID, "guard '%s' goes by dev metrics, and the plan schedules "
		       "no evaluation of dev rows (budget.eval_every)", row->name);
}

void guard_show(const struct guard_row *row, const struct guard *g, char *out, size_t cap)
{
	char number[32];

	str_copy(out, cap, modes[g->mode]);
	for (int i = 0; i < GUARD_PARAMS && row->param[i].name; i++) {
		size_t n = strlen(out);

		double_to_text(g->param[i], number);
		str_format(out + n, cap - n, " %s=%s", row->param[i].name, number);
	}
}

/* --- for rows --- */

const char *guard_measure(const struct guard_task *t, double merit, char out[24])
{
	if (t->is_inverse)
		str_format(out, 24, "%.3g", merit > 0 ? 1 / merit : 0);
	else if (t->is_correlation && fabs(merit) < 0.9995)
		str_format(out, 24, "%s.%03.0f", merit < 0 ? "-" : "", 1000 * fabs(merit));
	else if (t->is_correlation)
		str_format(out, 24, "%.2f", merit);
	else
		str_format(out, 24, "%.1f", 100 * merit);
	return out;
}

int guard_place(double x, int n)
{
	return x >= 0 && x < n ? (int)x : -1;
}

double guard_jitter(const struct guard_dev *d, double se)
{
	return se > 0 && isfinite(d->se) ? se * 1.4142135623730951 * d->se : 0;
}

bool guard_is_fall(const struct guard_dev *d, double was, double was_loss,
		   const double param[3])
{
	double fall = was - d->merit;
	bool loss_says_so = was_loss > 0 && d->loss > (1 + param[2]) * was_loss;

	return fall > param[0] * (was < 0 ? -was : was) &&
	       (loss_says_so || fall > guard_jitter(d, param[1]));
}

bool guard_halve(const struct guard_view *v, double least, char line[GUARD_LINE])
{
	char number[32];

	if (!(v->lr / 2 >= least * v->plan_lr) || !(v->lr > 0))
		return false;
	double_to_text(v->lr / 2, number);
	str_format(line, GUARD_LINE, "lr %s", number);
	return true;
}
