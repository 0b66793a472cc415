/*
 * around.c - how often a method on gradients is asked, and what its words come to.
 */
#include "mix/around.h"

#include <math.h> /* NAN, isnan */
#include <string.h>

const char *const around_scopes[] = { "all", "layer", NULL };

bool around_has(const struct method *row)
{
	return method_combines(row) && method_param(row, "scope") >= 0;
}

static double param(const struct mix_method *method, const char *name)
{
	return method->param[method_param(method->row, name)];
}

bool around_is_by_layer(const struct method *row, const double *value)
{
	return around_has(row) && value[method_param(row, "scope")] > 0;
}

double *around_own(const struct mix_method *method, int n, int group, double *memory)
{
	return memory + group * (method_memory(method->row, n) + n);
}

double *around_kept(const struct mix_method *method, int n, int group, double *memory)
{
	return around_own(method, n, group, memory) + method_memory(method->row, n);
}

static double *since(const struct mix_method *method, int n, double *memory)
{
	return around_own(method, n, method->groups, memory);
}

bool around_is_due(const struct mix_method *method, int n)
{
	return *since(method, n, (double *)(uintptr_t)method->memory) == 0;
}

void around_begin(struct mix_method *method, const struct mix *m, bool was_there)
{
	int each = method->row->each, own = method_memory(method->row, m->n);

	for (int g = 0; g < method->groups; g++) {
		double *memory = around_own(method, m->n, g, method->memory);
		double *kept = around_kept(method, m->n, g, method->memory);

		for (int k = 0; k < own; k++)
			if (!was_there || k >= each * m->n || !m->ch[k / each].locked)
				memory[k] = 0;
		for (int i = 0; i < m->n; i++)
			if (!was_there || !m->ch[i].locked)
				kept[i] = NAN;
	}
	*since(method, m->n, method->memory) = 0;
}

/* --- a word --- */

/* What a group shows: the whole, or its own part of the Gram matrix. */
static void show_group(const struct mix_method *method, struct mix_view *v,
		       const struct mix_seen *seen, int group, double *norm)
{
	const double *gram;

	if (method->groups == 1)
		return;
	gram = seen->groups + (size_t)group * (size_t)(v->n * v->n);
	for (int i = 0; i < v->n; i++)
		norm[i] = __builtin_sqrt(gram[i * (v->n + 1)]);
	v->norm = norm;
	v->gram = method->row->needs & NEEDS_GRAM ? gram : NULL;
}

static bool ask_group(const struct mix_method *method, struct mix_view *v, int group,
		      double *memory)
{
	double *kept = around_kept(method, v->n, group, memory), out[MIX_TASKS_MAX];
	double stays = param(method, "ema");

	for (int i = 0; i < v->n; i++)
		out[i] = isnan(kept[i]) ? 1 : kept[i];
	method->row->say(v, around_own(method, v->n, group, memory), out);
	for (int i = 0; i < v->n; i++) {
		if (!(out[i] >= -MIX_FACTOR_MOST && out[i] <= MIX_FACTOR_MOST))
			return false;
		if (!v->count[i] || !(v->norm[i] > 0))
			continue;
		kept[i] = stays > 0 && !isnan(kept[i]) ?
			stays * kept[i] + (1 - stays) * out[i] : out[i];
	}
	return true;
}

/* Of tasks that had a gradient here; the others' stand. */
static void tell_factors(const struct mix_method *method, const struct mix_view *v,
			 const struct mix_seen *seen, double *memory, double *out)
{
	int n = v->n;

	for (int i = 0; i < n; i++) {
		double sum = 0, all = 0;

		for (int g = 0; g < method->groups; g++) {
			double c = around_kept(method, n, g, memory)[i];
			double by = method->groups == 1 ? 1 :
				seen->groups[(size_t)g * (size_t)(n * n) +
					     (size_t)(i * (n + 1))];

			if (isnan(c) || !(by > 0))
				continue;
			sum += method->groups == 1 ? c : by * c;
			all += by;
		}
		if (v->count[i] && all > 0)
			out[i] = method->groups == 1 ? sum : sum / all;
	}
}

bool around_say(const struct mix_method *method, struct mix_view *v,
		const struct mix_seen *seen, double *memory, double *out)
{
	double *steps = since(method, v->n, memory), norm[MIX_TASKS_MAX];
	bool is_due = *steps == 0;

	*steps = *steps + 1 >= param(method, "every") ? 0 : *steps + 1;
	if (!is_due)
		return true;
	for (int g = 0; g < method->groups; g++) {
		show_group(method, v, seen, g, norm);
		if (!ask_group(method, v, g, memory))
			return false;
	}
	tell_factors(method, v, seen, memory, out);
	return true;
}
