/*
 * plan_sense.c - what a plan says that would come to nothing: each field is sound, and two
 * of them together leave one without any effect. Of a plan that a run already has this is
 * not asked: it runs as it ran.
 */
#include "plan/plan_kind.h"
#include "plan/plan_table.h"

bool plan_is_measured(const struct plan *p)
{
	bool has_dev = false;

	for (int i = 0; i < p->n_tasks; i++)
		has_dev |= plan_has_dev(&p->tasks[i]);
	return has_dev && (p->eval_every.steps > 0 || p->eval_every.percent > 0);
}

static enum status check_method(struct plan_reader *r, enum method_role role)
{
	const struct plan_method *m = &r->plan->method[role];
	const struct method *row = method_find(role, m->name);
	const char *words[MIX_PARAMS];
	char path[PLAN_PATH_TEXT];
	double param[MIX_PARAMS];
	struct err why = { "" };

	for (int i = 0; i < m->n_args; i++)
		words[i] = m->arg[i].text;
	if (!method_params(row, words, m->n_args, param, &why) &&
	    !method_suits(row, param, r->plan->n_tasks, plan_is_measured(r->plan), &why))
		return ST_OK;
	str_format(path, sizeof path, "mix.%s", method_role_name(role));
	return plan_refuse(r, path, "%.400s", why.text);
}

/* Those that warn wherever nothing is said, say nothing without a word. */
static enum status check_guards(struct plan_reader *r)
{
	struct err why = { "" };
	struct guard g;
	char path[48];

	for (int i = 0; i < GUARDS; i++) {
		plan_guard(r->plan, i, &g);
		if (guard_is_plain(guard_at(i), &g) ||
		    !guard_suits(guard_at(i), &g, plan_is_measured(r->plan), &why))
			continue;
		str_format(path, sizeof path, "guards.%s", guard_at(i)->name);
		return plan_refuse(r, path, "%.400s", why.text);
	}
	return ST_OK;
}

static enum status check_adapter(struct plan_reader *r)
{
	const struct model_config *m = &r->plan->model;
	struct rates none, rates;
	struct freeze held;

	if (!m->adapter)
		return ST_OK;
	if (m->adapter_of_all && !m->shared_layers)
		return plan_refuse(r, "model.adapter_per", "all is for layers that tasks share, "
				   "and model.shared_layers is 0: leave it out");
	rates_init(&none);
	plan_rates(r->plan, &rates);
	plan_held(r->plan, &held);
	if (!rates_differ(&rates, &none, &held))
		return ST_OK;
	return plan_refuse(r, "optimizer.rates", "the trunk stands still for good beside adapters, "
			   "whatever its rate: 'adapters' is the group that moves, or "
			   "model.adapter_trunk is trained");
}

/* Decoders, and factors on the rate, of what a task does not have; a factor 1 says nothing. */
static enum status check_own(struct plan_reader *r, const struct plan_task *t)
{
	const struct plan *p = r->plan;
	char path[PLAN_PATH_TEXT];

	str_format(path, sizeof path, "tasks.%s.decoder_of", t->name);
	if (*t->decoder_of && model_kind_says(p->model.kind))
		return plan_refuse(r, path, "a '%s' model writes with its layers alone, and has "
				   "no decoder to share: leave it out", p->model.kind);
	str_format(path, sizeof path, "tasks.%s.lr_trunk", t->name);
	if (plan_has_trait(t->kind, FOR_DECODES) && !p->model.from_trunk &&
	    (t->lr_trunk > 1 || t->lr_trunk < 1))
		return model_kind_says(p->model.kind) ?
		       plan_refuse(r, path, "a '%s' model writes with its layers alone, and has "
				   "no decoder: leave it out", p->model.kind) :
		       plan_refuse(r, path, "nothing of the decoder begins as the trunk's: it is "
				   "for model.decoder_init trunk");
	str_format(path, sizeof path, "tasks.%s.lr", t->name);
	if (t->lr < 0 || !(t->lr > 1 || t->lr < 1) || plan_has_own(p))
		return ST_OK;
	if (model_kind_says(p->model.kind))
		return plan_refuse(r, path, "a '%s' model has no head, and all its layers are "
				   "shared: the task has no parameters of its own "
				   "(model.shared_layers, optimizer.rates)", p->model.kind);
	if (*t->decoder_of)
		return plan_refuse(r, path, "its decoder is that of '%s', whose lr is for it",
				   t->decoder_of);
	return ST_OK;
}

enum status plan_check_sense(struct plan_reader *r)
{
	enum status st = ST_OK;

	if (r->may_lack_files)
		return ST_OK;
	for (int role = 0; role < METHOD_ROLES && !st; role++)
		st = check_method(r, (enum method_role)role);
	if (!st)
		st = check_guards(r);
	for (int i = 0; i < r->plan->n_tasks && !st; i++)
		st = check_own(r, &r->plan->tasks[i]);
	return st ? st : check_adapter(r);
}
