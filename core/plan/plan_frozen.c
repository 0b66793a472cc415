/*
 * plan_frozen.c - groups of parameters in a plan. model.frozen: are they there, and is
 * anything left to train? optimizer.rates: likewise, and are their factors good?
 */
#include "plan/plan_table.h"

/* --- groups --- */

void plan_groups(const struct plan *p, struct freeze_groups *out)
{
	bool says = model_kind_says(p->model.kind); /* then no task has a head */

	*out = (struct freeze_groups){ .layers = p->model.layers, .n_tasks = p->n_tasks,
				       .shared_layers = p->model.shared_layers,
				       .adapters = p->model.adapter,
				       .shared_adapters = p->model.adapter &&
							  p->model.adapter_of_all &&
							  p->model.shared_layers > 0 };
	for (int i = 0; i < p->n_tasks; i++) {
		out->task[i] = p->tasks[i].name;
		if (!says && plan_decoder_of(p, i) < 0)
			out->heads |= (uint64_t)1 << i;
	}
}

void plan_held(const struct plan *p, struct freeze *out)
{
	struct freeze_groups g;

	plan_groups(p, &g);
	if (freeze_read(&g, p->model.adapter && !p->model.adapter_and_trunk ? "trunk" :
			"nothing", out, NULL))
		BUG("no trunk");
}

void plan_frozen(const struct plan *p, struct freeze *out)
{
	struct freeze_groups g;
	struct freeze held;

	plan_groups(p, &g);
	plan_held(p, &held);
	if (freeze_read(&g, *p->frozen ? p->frozen : "nothing", out, NULL))
		BUG("a plan with '%s' frozen was taken", p->frozen);
	freeze_set(out, &held, true);
}

/* --- checks --- */

enum status plan_check_adapter(struct plan_reader *r)
{
	const struct model_config *m = &r->plan->model;
	const char *field;
	char path[PLAN_PATH_TEXT];
	struct err why = { "" };

	if (!model_kind_has(m->kind, "adapter") || !model_check_adapter(m, &field, &why))
		return ST_OK;
	str_format(path, sizeof path, "model.%s", field);
	return plan_refuse(r, path, "%.400s", why.text);
}

/* Is all frozen that the task could train, another's decoder included? */
static bool is_all_frozen(const struct plan *p, const struct freeze_groups *g,
			  const struct freeze *f, int task)
{
	int writer = plan_decoder_of(p, task);

	return freeze_covers_task(g, f, task) &&
	       (writer < 0 || freeze_covers_task(g, f, writer));
}

/* A method that needs what is frozen. */
static enum status check_methods(struct plan_reader *r, const struct freeze_groups *g,
				 const struct freeze *f, const char *path)
{
	struct err why = { "" };

	for (int role = 0; role < METHOD_ROLES; role++)
		if (method_fits_frozen(method_find((enum method_role)role,
						   r->plan->method[role].name),
				       freeze_covers_shared(g, f), &why))
			return plan_refuse(r, path, "%.400s", why.text);
	return ST_OK;
}

enum status plan_check_frozen(struct plan_reader *r)
{
	const char *path = "model.frozen";
	const struct plan *p = r->plan;
	struct freeze_groups g;
	struct err why = { "" };
	struct freeze f;

	plan_groups(p, &g);
	if (*p->frozen && freeze_read(&g, p->frozen, &f, &why))
		return plan_refuse(r, path, "%.450s", why.text);
	plan_frozen(p, &f);
	if (!freeze_any(&f))
		return ST_OK;
	if (!*p->frozen)
		path = "model.adapter";
	for (int i = 0; i < p->n_tasks; i++)
		if (plan_is_heard(&p->tasks[i]) && !is_all_frozen(p, &g, &f, i))
			return check_methods(r, &g, &f, path);
	return plan_refuse(r, path, "nothing would be trained: all that the tasks "
			   "which begin heard could train is frozen");
}

/* --- rates --- */

void plan_rates(const struct plan *p, struct rates *out)
{
	struct freeze_groups g;

	plan_groups(p, &g);
	rates_init(out);
	if (*p->rates && rates_read(&g, p->rates, true, out, NULL))
		BUG("a plan with rates '%s' was taken", p->rates);
}

enum status plan_check_rates(struct plan_reader *r)
{
	struct freeze_groups g;
	struct err why = { "" };
	struct rates x;

	if (r->plan->saves_changed && !plan_has_init(r->plan))
		return plan_refuse(r, "budget.checkpoint", "changed wants a model.init: without "
				   "one there is nothing to leave out");
	plan_groups(r->plan, &g);
	rates_init(&x);
	if (*r->plan->rates && rates_read(&g, r->plan->rates, true, &x, &why))
		return plan_refuse(r, "optimizer.rates", "%.450s", why.text);
	return ST_OK;
}
