/*
 * plan_check.c - what fields of a plan cannot tell alone: values that follow
 * from others, and values that do not fit together.
 */
#include "plan/plan_table.h"

#include <string.h>

#include "base/mem.h"
#include "data/number_grid.h"
#include "plan/plan_kind.h"
#include "text/layout.h"
#include "text/tokenizer.h"

static void derive(int *field, int value)
{
	if (*field < 0)
		*field = value;
}

static int at_most(int x, int limit)
{
	return x < limit ? x : limit;
}

static void derive_prompt(const struct plan *p, struct plan_task *t)
{
	const struct plan_kind *k = plan_kind(t->kind);
	const char *prompt = *t->pair ? k->prompt_pair : k->prompt;

	if (!*t->prompt && prompt && model_kind_says(p->model.kind))
		str_copy(t->prompt, sizeof t->prompt, prompt);
}

static void derive_step(const struct plan *p, struct plan_task *t)
{
	if (plan_has_trait(t->kind, FOR_NUMBERS) && !(t->number_step > 0) &&
	    model_kind_says(p->model.kind))
		t->number_step = 0.2;
}

/* The model's position tables are as long as the longest task wants. */
static void derive_all(struct plan *p)
{
	struct model_config *m = &p->model;

	derive(&m->ff, 4 * m->dim);
	derive(&m->shared_layers, m->layers);
	for (int i = 0; i < p->n_tasks; i++) {
		struct plan_task *t = &p->tasks[i];

		derive_prompt(p, t);
		derive_step(p, t);
		if (t->lr < 0 && !*p->init_tokenizer)
			t->lr = 1;
		if (plan_has_trait(t->kind, FOR_DECODES)) {
			derive(&t->max_length, at_most(60, t->max_target - 1));
			derive(&t->min_length, at_most(3, t->max_length));
		}
		if (t->max_source > m->max_source)
			m->max_source = t->max_source;
		if (t->max_target > m->max_target)
			m->max_target = t->max_target;
	}
}

static enum status check_model_kind(struct plan_reader *r, const char *kind)
{
	struct buf b;
	enum status st = ST_INVALID;
	const char *near = NULL;

	buf_init(&b);
	for (int i = 0; model_kind_name(i); i++) {
		const char *name = model_kind_name(i);

		if (str_eq(name, kind))
			st = ST_OK;
		if (plan_edits(name, kind) < 3)
			near = name;
		buf_addf(&b, "%s%s", i ? ", " : "", name);
	}
	if (st && near)
		plan_refuse(r, "model.kind", "unknown model '%s' (did you mean '%s'?)",
			    kind, near);
	else if (st)
		plan_refuse(r, "model.kind", "unknown model '%s' (there is: %s)", kind,
			    buf_str(&b));
	buf_release(&b);
	return st;
}

static enum status check_decoder(struct plan_reader *r, const struct model_config *m)
{
	if (!*m->decoder || model_decoder_fits(m->decoder, m->kind))
		return ST_OK;
	return plan_refuse(r, "model.decoder", "'%s' writes with the model's own layers, "
			   "and '%s' has none for it", m->decoder, m->kind);
}

static enum status check_model(struct plan_reader *r)
{
	const struct model_config *m = &r->plan->model;
	int of = model_kind_dim_multiple(m->kind);
	enum status st;

	if (m->dim % of)
		return plan_refuse(r, "model.dim", "a %s's dim is a multiple of %d, not "
				   "%d", m->kind, of, m->dim);
	if (m->heads && m->dim % m->heads && /* 0: a kind that has none */
	    model_uses(m->kind, m->decoder, "heads"))
		return plan_refuse(r, "model.heads", "%d heads do not divide dim %d",
				   m->heads, m->dim);
	if (m->shared_layers > m->layers)
		return plan_refuse(r, "model.shared_layers",
				   "%d shared layers where there are %d layers",
				   m->shared_layers, m->layers);
	if (m->from_trunk && str_eq(r->plan->init, "random"))
		return plan_refuse(r, "model.decoder_init", "trunk: of a trunk that has begun "
				   "at random there is nothing to take (name a model.init)");
	st = check_model_kind(r, m->kind);
	if (!st)
		st = check_decoder(r, m);
	return st ? st : plan_check_adapter(r);
}

/* A vocabulary is trained from the tasks' texts unless one is named. */
static enum status check_tokenizer(struct plan_reader *r)
{
	const struct plan *p = r->plan;

	if (p->vocab[0] || !str_eq(p->init, "random") ||
	    tokenizer_is_trained(tokenizer_kind_find(p->tokenizer_kind)))
		return ST_OK;
	return plan_refuse(r, "tokenizer.kind", "a '%s' tokenizer is not trained here: name "
			   "one with tokenizer.vocab, or a model with model.init",
			   p->tokenizer_kind);
}

/* Does the number of labels lie within the metrics' meaning? */
static enum status check_labels(const struct plan_task *t, struct err *err)
{
	for (int i = 0; i < t->n_metrics; i++) {
		const struct metric_info *m = &metric_table[t->metrics[i]];

		if (m->labels && m->labels != t->n_labels)
			return err_set(err, ST_INVALID, "%s is of %d labels, not %d (use "
				       "macro_f1)", m->name, m->labels, t->n_labels);
	}
	return ST_OK;
}

/* How many there are may be known only when the data are read. */
static enum status check_label_texts(const struct plan_task *t, struct err *err)
{
	if (!t->n_label_texts || t->n_label_texts == t->n_labels)
		return ST_OK;
	return err_set(err, ST_INVALID, "%d texts for %d labels", t->n_label_texts,
		       t->n_labels);
}

static enum status check_class_weights(const struct plan_task *t, struct err *err)
{
	if (t->n_class_weights <= 0 || t->n_class_weights == t->n_labels)
		return ST_OK;
	return err_set(err, ST_INVALID, "%d weights for %d labels", t->n_class_weights,
		       t->n_labels);
}

enum status plan_check_labels(const struct plan_task *t, struct err *err)
{
	enum status st = check_labels(t, err);

	if (st)
		return err_wrap(err, st, "tasks.%s.metrics", t->name);
	st = check_class_weights(t, err);
	if (st)
		return err_wrap(err, st, "tasks.%s.class_weights", t->name);
	st = check_label_texts(t, err);
	return st ? err_wrap(err, st, "tasks.%s.label_texts", t->name) : ST_OK;
}

static enum status check_said(struct plan_reader *r, const struct plan_task *t)
{
	char path[PLAN_PATH_TEXT];
	struct err why;

	str_format(path, sizeof path, "tasks.%s.label_texts", t->name);
	if (t->n_label_texts && !model_kind_says(r->plan->model.kind))
		return plan_refuse(r, path, "a '%s' model says no labels",
				   r->plan->model.kind);
	if (t->n_labels && check_label_texts(t, &why))
		return plan_refuse(r, path, "%s", why.text);
	return ST_OK;
}

static enum status check_numbers(struct plan_reader *r, const struct plan_task *t)
{
	bool has_range = t->number_range[0] < t->number_range[1];
	char path[PLAN_PATH_TEXT];
	struct number_grid g;
	struct err why;

	str_format(path, sizeof path, "tasks.%s.number_%s", t->name,
		   t->number_step > 0 ? "step" : "range");
	if ((t->number_step > 0 || has_range) && !model_kind_says(r->plan->model.kind))
		return plan_refuse(r, path, "a '%s' model says no numbers",
				   r->plan->model.kind);
	if (has_range && number_grid_make(t->number_step, t->number_range[0],
					  t->number_range[1], &g, &why))
		return plan_refuse(r, path, "%.400s", why.text);
	return ST_OK;
}

static enum status check_prompt(struct plan_reader *r, const struct plan_task *t)
{
	struct layout_template l;
	char path[PLAN_PATH_TEXT];
	struct err why;
	bool has_pair = false;

	if (!*t->prompt)
		return ST_OK;
	str_format(path, sizeof path, "tasks.%s.prompt", t->name);
	if (!model_kind_says(r->plan->model.kind))
		return plan_refuse(r, path, "a '%s' model reads no prompts",
				   r->plan->model.kind);
	if (layout_prompt(t->prompt, &l, &why))
		return plan_refuse(r, path, "%.400s", why.text);
	for (int i = 0; i < LAYOUT_PARTS; i++)
		has_pair |= l.part[i].what == LAYOUT_TEXT && l.part[i].which == 1;
	if (has_pair != (*t->pair != 0))
		return plan_refuse(r, path, has_pair ? "{text_b} where rows have no second "
				   "text" : "no {text_b} for the rows' second text");
	return ST_OK;
}

/* Sentences go by their rank, words by a threshold. */
static enum status check_units(struct plan_reader *r, const struct plan_task *t)
{
	char path[PLAN_PATH_TEXT];

	if (!plan_has_trait(t->kind, FOR_UNITS))
		return ST_OK;
	str_format(path, sizeof path, "tasks.%s.%s", t->name,
		   t->unit == UNIT_WORDS ? "keep" : "threshold");
	if (t->unit == UNIT_WORDS && t->keep != UNITS_KEPT)
		return plan_refuse(r, path, "is for unit sentences: words are kept by their "
				   "probability (threshold)");
	if (t->unit == UNIT_SENTENCES && (t->threshold < 0.5 || t->threshold > 0.5))
		return plan_refuse(r, path, "is for unit words: of sentences the likeliest "
				   "are kept (keep)");
	return ST_OK;
}

static enum status check_task(struct plan_reader *r, const struct plan_task *t)
{
	char path[PLAN_PATH_TEXT];
	struct err why;

	if (!model_kind_answers(r->plan->model.kind, t->kind)) {
		str_format(path, sizeof path, "tasks.%s.kind", t->name);
		return plan_refuse(r, path, "a '%s' model has no answers for '%s'",
				   r->plan->model.kind, task_kind_name(t->kind));
	}
	if (*t->dev && t->dev_share > 0) {
		str_format(path, sizeof path, "tasks.%s.dev_share", t->name);
		return plan_refuse(r, path, "rows are held out only where there is no "
				   "dev file");
	}
	if (plan_has_trait(t->kind, FOR_DECODES) && t->max_length > t->max_target - 1) {
		str_format(path, sizeof path, "tasks.%s.max_length", t->name);
		return plan_refuse(r, path, "%d pieces and an end mark are more than "
				   "max_target %d", t->max_length, t->max_target);
	}
	if (plan_has_trait(t->kind, FOR_DECODES) && t->min_length > t->max_length) {
		str_format(path, sizeof path, "tasks.%s.min_length", t->name);
		return plan_refuse(r, path, "%d is more than max_length %d",
				   t->min_length, t->max_length);
	}
	if (t->n_labels && check_class_weights(t, &why)) {
		str_format(path, sizeof path, "tasks.%s.class_weights", t->name);
		return plan_refuse(r, path, "%s", why.text);
	}
	if (t->n_labels && check_labels(t, &why)) {
		str_format(path, sizeof path, "tasks.%s.metrics", t->name);
		return plan_refuse(r, path, "%s", why.text);
	}
	return ST_OK;
}

static enum status check_method(struct plan_reader *r, const char *path,
				enum method_role role)
{
	const char *method = r->plan->method[role].name, *near = NULL;
	const struct method *row;
	struct buf b;

	if (method_find(role, method))
		return ST_OK;
	buf_init(&b);
	for (int i = 0; (row = method_at(role, i)); i++) {
		if (plan_edits(row->name, method) < 3)
			near = row->name;
		buf_addf(&b, "%s%s", i ? ", " : "", row->name);
	}
	if (near)
		plan_refuse(r, path, "unknown method '%s' (did you mean '%s'?)", method,
			    near);
	else
		plan_refuse(r, path, "unknown method '%s' (there is: %.400s)", method,
			    buf_str(&b));
	buf_release(&b);
	return ST_INVALID;
}

static enum status check_method_args(struct plan_reader *r, const char *path,
				     enum method_role role)
{
	const struct plan_method *m = &r->plan->method[role];
	const struct method *row = method_find(role, m->name);
	const char *words[MIX_PARAMS];
	double param[MIX_PARAMS];
	struct err why = { "" };

	for (int i = 0; i < m->n_args; i++)
		words[i] = m->arg[i].text;
	if (!method_params(row, words, m->n_args, param, &why) &&
	    !method_fits(row, r->plan->n_tasks, r->plan->micro_batches, &why))
		return ST_OK;
	return plan_refuse(r, path, "%.400s", why.text);
}

static enum status check_mix(struct plan_reader *r)
{
	char path[PLAN_PATH_TEXT];
	enum status st = ST_OK;

	for (int k = 0; k < 2 * METHOD_ROLES && !st; k++) { /* names, then parameters */
		enum method_role role = (enum method_role)(k % METHOD_ROLES);
		bool is_name = k < METHOD_ROLES;

		str_format(path, sizeof path, "mix.%s%s", method_role_name(role),
			   is_name ? "" : "_args");
		st = is_name ? check_method(r, path, role) :
			       check_method_args(r, path, role);
	}
	return st;
}

/* --- which checkpoint is the best --- */

static bool has_metric(const struct plan_task *t, const char *name)
{
	for (int i = 0; i < t->n_metrics; i++)
		if (str_eq(metric_table[t->metrics[i]].name, name))
			return true;
	return str_eq(name, "loss");
}

static enum status no_metric(const struct plan_task *t, const char *name,
			     struct err *err)
{
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < t->n_metrics; i++)
		buf_addf(&b, " %s,", metric_table[t->metrics[i]].name);
	err_set(err, ST_INVALID, "task '%s' has no metric '%.40s' (there is:%s loss)",
		t->name, name, buf_str(&b));
	buf_release(&b);
	return ST_INVALID;
}

enum status plan_best(const struct plan *p, int *task, const char **metric,
		      struct err *err)
{
	char name[sizeof p->best];
	size_t n = strcspn(p->best, ".");

	*task = -1;
	*metric = NULL;
	if (str_eq(p->best, "mean"))
		return ST_OK;
	if (!p->best[n])
		return err_set(err, ST_INVALID, "'%s' is neither 'mean' nor TASK.METRIC",
			       p->best);
	str_format(name, sizeof name, "%.*s", (int)n, p->best);
	*task = plan_task_find(p, name);
	if (*task < 0)
		return err_set(err, ST_INVALID, "no task '%s' in the plan", name);
	*metric = p->best + n + 1;
	if (!has_metric(&p->tasks[*task], *metric))
		return no_metric(&p->tasks[*task], *metric, err);
	if (!plan_has_dev(&p->tasks[*task]))
		return err_set(err, ST_INVALID, "task '%s' has no dev rows to measure on",
			       name);
	return ST_OK;
}

static enum status check_best(struct plan_reader *r)
{
	struct err why = { "" };
	const char *metric;
	int task;

	if (!plan_best(r->plan, &task, &metric, &why))
		return ST_OK;
	return plan_refuse(r, "best", "%.400s", why.text);
}

enum status plan_finish(struct plan_reader *r)
{
	enum status st = plan_take_texts(r);

	if (st)
		return st;
	derive_all(r->plan);
	st = check_model(r);
	if (!st)
		st = check_tokenizer(r);
	if (!st)
		st = plan_fit_places(r);
	for (int i = 0; i < r->plan->n_tasks && !st; i++) {
		st = check_task(r, &r->plan->tasks[i]);
		if (!st)
			st = check_units(r, &r->plan->tasks[i]);
		if (!st)
			st = check_prompt(r, &r->plan->tasks[i]);
		if (!st)
			st = check_said(r, &r->plan->tasks[i]);
		if (!st)
			st = check_numbers(r, &r->plan->tasks[i]);
	}
	if (!st)
		st = check_mix(r);
	if (!st)
		st = plan_check_frozen(r);
	if (!st)
		st = plan_check_rates(r);
	if (!st)
		st = plan_check_guards(r);
	if (!st)
		st = plan_check_budget(r);
	if (!st)
		st = check_best(r);
	return st ? st : plan_check_sense(r);
}
