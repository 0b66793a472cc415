/*
 * method.c - the list of all methods, and what is done with a row alone.
 */
#include "mix/method.h"

#include <string.h>

#include "base/str.h"

/* A line for each method: method_NAME in method_NAME.c. */
#define METHODS(X)      \
	X(proportional) \
	X(uniform)      \
	X(temperature)  \
	X(annealed)     \
	X(dynamic)      \
	X(round_robin)  \
	X(sequence)     \
	X(bandit)       \
	X(manual)       \
	X(fixed)        \
	X(uncertainty)  \
	X(dwa)          \
	X(random)       \
	X(gls)          \
	X(imtl_l)       \
	X(stch)         \
	X(famo)         \
	X(gradnorm)     \
	X(db_mtl)       \
	X(mgda)         \
	X(pcgrad)       \
	X(gradvac)      \
	X(cagrad)       \
	X(imtl_g)       \
	X(aligned)      \
	X(fairgrad)     \
	X(dualproj)     \
	X(upgrad)

#define DECLARE(name) extern const struct method method_##name;
METHODS(DECLARE)
#define POINT(name) &method_##name,
static const struct method *const methods[] = { METHODS(POINT) };

const struct method *method_at(enum method_role role, int i)
{
	for (size_t k = 0; k < sizeof methods / sizeof *methods; k++)
		if (methods[k]->role == role && i-- == 0)
			return methods[k];
	return NULL;
}

const struct method *method_find(enum method_role role, const char *name)
{
	const struct method *row;

	for (int i = 0; (row = method_at(role, i)); i++)
		if (str_eq(row->name, name))
			return row;
	return NULL;
}

const char *method_role_name(enum method_role role)
{
	return role == METHOD_SAMPLING ? "sampling" : "weighting";
}

int method_memory(const struct method *row, int n)
{
	int count = (row->each + row->pairs * n) * n + row->own;

	BUG_IF(count < 0 || count > MIX_MEMORY_MAX);
	return count;
}

bool method_combines(const struct method *row)
{
	return row->needs & (NEEDS_NORMS | NEEDS_GRAM);
}

/* --- parameters by words --- */

const char *const mix_whole[] = { NULL };

static int find_param(const struct mix_param *p, const char *name, size_t len)
{
	for (int i = 0; i < MIX_PARAMS && p[i].name; i++)
		if (strlen(p[i].name) == len && !memcmp(p[i].name, name, len))
			return i;
	return -1;
}

int method_param(const struct method *row, const char *name)
{
	return find_param(row->param, name, strlen(name));
}

static enum status read_value(const struct mix_param *p, const char *arg, const char *text,
			      double *x, struct err *err)
{
	if (p->words && p->words != mix_whole) {
		for (int i = 0; p->words[i]; i++)
			if (str_eq(text, p->words[i])) {
				*x = i;
				return ST_OK;
			}
		return err_set(err, ST_INVALID, "'%s' is none of the words for '%s', from "
			       "'%s' to '%s'", text, p->name, p->words[(int)p->min],
			       p->words[(int)p->max]);
	}
	if (!parse_double(text, x))
		return err_set(err, ST_INVALID, "'%s' is no number, in '%s'", text, arg);
	if (!(*x >= p->min && *x <= p->max))
		return err_set(err, ST_INVALID, "%s is out of range: %g to %g", arg, p->min,
			       p->max);
	if (p->words && *x != (double)(int64_t)*x)
		return err_set(err, ST_INVALID, "'%s' is no whole number, in '%s'", text, arg);
	return ST_OK;
}

/* "T=2" into param[]; `seen` refuses a second one. */
static enum status read_param(const struct method *row, const char *arg, double *param,
			      bool *seen, struct err *err)
{
	const struct mix_param *p = row->param;
	const char *eq = strchr(arg, '=');
	int k = eq ? find_param(p, arg, (size_t)(eq - arg)) : -1;

	if (!eq)
		return err_set(err, ST_INVALID, "'%s' is no NAME=VALUE", arg);
	if (k < 0)
		return err_set(err, ST_INVALID, "method '%s' has no parameter '%.*s'",
			       row->name, (int)(eq - arg), arg);
	if (seen[k])
		return err_set(err, ST_INVALID, "parameter '%s' is given twice", p[k].name);
	seen[k] = true;
	return read_value(&p[k], arg, eq + 1, &param[k], err);
}

enum status method_params(const struct method *row, const char *const *args, int n,
			  double param[MIX_PARAMS], struct err *err)
{
	bool seen[MIX_PARAMS] = { false };
	enum status st = ST_OK;

	for (int i = 0; i < MIX_PARAMS; i++)
		param[i] = row->param[i].name ? row->param[i].fallback : 0;
	for (int i = 0; i < n && !st; i++)
		st = read_param(row, args[i], param, seen, err);
	return st;
}

enum status method_fits(const struct method *row, int tasks, int micro_batches,
			struct err *err)
{
	if (!method_combines(row) || micro_batches >= tasks)
		return ST_OK;
	return err_set(err, ST_INVALID, "method '%s' compares the gradients of all tasks: "
		       "%d micro-batch%s too few for %d", row->name, micro_batches,
		       micro_batches == 1 ? " is" : "es are",
		       tasks);
}

enum status method_suits(const struct method *row, const double *param, int tasks,
			 bool is_measured, struct err *err)
{
	if (tasks < 2 && row->role == METHOD_SAMPLING && row->param[0].name)
		return err_set(err, ST_INVALID, "method '%s' chooses among tasks, and there is "
			       "one: proportional does the same", row->name);
	if (tasks < 2 && method_combines(row))
		return err_set(err, ST_INVALID, "method '%s' compares the gradients of tasks, "
			       "and there is one: fixed does the same", row->name);
	if (row->needs & NEEDS_DEV && !is_measured)
		return err_set(err, ST_INVALID, "method '%s' goes by dev metrics, and the plan "
			       "schedules no evaluation of dev rows (budget.eval_every)",
			       row->name);
	return row->suits ? row->suits(param, tasks, err) : ST_OK;
}

enum status method_fits_frozen(const struct method *row, bool is_shared_frozen,
			       struct err *err)
{
	if (!is_shared_frozen || !method_combines(row))
		return ST_OK;
	return err_set(err, ST_INVALID, "method '%s' reads the gradients of what tasks share, "
		       "and all of that would be frozen: choose another method first",
		       row->name);
}

void method_value(const struct mix_param *p, double value, char out[32])
{
	if (p->words && p->words != mix_whole)
		str_copy(out, 32, p->words[(int)value]);
	else
		double_to_text(value, out);
}

static void show(const struct method *row, const double *param, bool all, char *out, size_t cap)
{
	char number[32];
	size_t n;

	str_copy(out, cap, row->name);
	for (int i = 0; i < MIX_PARAMS && row->param[i].name; i++) {
		double usual = row->param[i].fallback;

		if (!all && !(param[i] < usual || param[i] > usual))
			continue;
		n = strlen(out);
		method_value(&row->param[i], param[i], number);
		str_format(out + n, cap - n, " %s=%s", row->param[i].name, number);
	}
}

void method_show(const struct method *row, const double *param, char *out, size_t cap)
{
	show(row, param, true, out, cap);
}

void method_show_set(const struct method *row, const double *param, char *out, size_t cap)
{
	show(row, param, false, out, cap);
}
