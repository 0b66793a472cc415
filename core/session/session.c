/*
 * session.c - putting a session together from its plan. The step is step.c's.
 */
#include "session/session.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "data/data_kind.h"
#include "plan/plan_survey.h"
#include "session/averaging.h"
#include "session/class_weights.h"
#include "session/label_texts.h"
#include "session/state.h"
#include "session/workers.h"
#include "tensor/blas.h"
#include "tensor/weights.h"

/* --- vocabulary and labels --- */

static enum status get_vocabulary(struct session *s, const char *folder,
				  struct progress *pg, struct err *err)
{
	if (folder)
		return tokenizer_open_folder(plan_tokenizer(s->plan), folder, &s->tok, err);
	return plan_vocabulary(s->plan, pg, &s->tok, err);
}

static enum status get_labels(struct session *s, int i, bool may_read,
			      struct progress *pg, struct err *err)
{
	struct plan_task *t = &s->plan->tasks[i];
	bool has_labels = data_target(t->kind)->has_labels;
	enum status st;

	if (has_labels && !t->n_labels && !may_read)
		return err_set(err, ST_INVALID, "task '%s' has no labels in the stored plan",
			       t->name);
	st = plan_labels(s->plan, i, pg, err);
	if (!st && has_labels)
		st = plan_check_labels(t, err);
	s->task[i].n_labels = t->n_labels;
	s->task[i].labels = t->labels;
	return st;
}

/* --- data --- */

static enum status open_data(struct session *s, int i, struct progress *pg,
			     struct err *err)
{
	struct plan_task *p = &s->plan->tasks[i];
	struct session_task *t = &s->task[i];
	enum status st;

	st = plan_dataset_open(s->plan, i, false, s->tok, pg, &t->train, err);
	if (!st && !dataset_size(t->train))
		st = err_set(err, ST_INVALID, "no rows for task '%s' in '%s'", p->name,
			     p->train);
	if (!st && plan_has_dev(p))
		st = plan_dataset_open(s->plan, i, true, s->tok, pg, &t->dev, err);
	if (!st && data_kind(p->kind)->prepare)
		data_kind(p->kind)->prepare(t->train, &t->mean, &t->scale);
	return st;
}

/*
 * The numbers that the model says. A range that the plan leaves to the data is its own
 * from then on, as labels are.
 */
static enum status get_numbers(struct session *s, int i, struct err *err)
{
	struct session_task *t = &s->task[i];
	struct plan_task *p = &s->plan->tasks[i];
	double *range = p->number_range;
	enum status st;

	if (!(p->number_step > 0))
		return ST_OK;
	if (!(range[0] < range[1]) && !t->train)
		return err_set(err, ST_INVALID, "task '%s' has no number_range in the stored "
			       "plan", p->name);
	if (!(range[0] < range[1]))
		dataset_range(t->train, &range[0], &range[1]);
	st = number_grid_make(p->number_step, range[0], range[1], &t->grid, err);
	if (st)
		return err_wrap(err, st, "tasks.%s.number_step", p->name);
	range[0] = number_grid_value(&t->grid, 0);
	range[1] = number_grid_value(&t->grid, t->grid.n - 1);
	return ST_OK;
}

static enum status get_task(struct session *s, int i, const struct session_options *o,
			    struct progress *pg, struct err *err)
{
	struct session_task *t = &s->task[i];
	enum status st = get_labels(s, i, o->data, pg, err);

	t->scale = 1;
	t->threshold = s->plan->tasks[i].threshold;
	if (t->threshold < 0) /* until one is fitted */
		t->threshold = 0.5;
	if (!st && o->data)
		st = open_data(s, i, pg, err);
	if (o->norm) {
		t->mean = o->norm[i].mean;
		t->scale = o->norm[i].scale;
	}
	if (!st)
		st = get_numbers(s, i, err);
	if (!st && o->train)
		st = class_weights_make(s, i, err);
	if (!st && o->train)
		t->packer = packer_new(t->train, s->plan->seed, i, s->plan->tokens,
				       tokenizer_start(s->tok));
	return st;
}

/* What a plan in epochs leaves to the data; a run's own is settled (run_plan). */
static enum status settle_epochs(struct session *s, struct err *err)
{
	double sum = 0;

	for (int i = 0; i < s->n_tasks; i++)
		if (plan_is_heard(&s->plan->tasks[i]))
			sum += s->task[i].per_epoch;
	return plan_settle_epochs(s->plan, sum, err);
}

/* --- model and mix --- */

static int cores(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof set, &set))
		return 1;
	return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
}

/* Needs of the plan's methods: bits of method_needs. */
static unsigned plan_needs(const struct plan *p)
{
	unsigned needs = 0;

	for (int role = 0; role < METHOD_ROLES; role++)
		needs |= method_find((enum method_role)role, p->method[role].name)->needs;
	return needs;
}

/*
 * All that is as large as the model, as those say who allocate it. test_memory.c holds
 * the sum against what is there in the end.
 */
static size_t model_bytes(const struct session *s, bool train, int workers)
{
	const struct param_set *ps = &s->params;
	int jobs = s->plan->micro_batches;
	size_t packed = weights_packed_bytes(ps, train), grads;

	if (!train)
		return param_set_bytes(ps) + packed;
	grads = workers_bytes(ps, workers, jobs) + gradients_bytes(s) + conflict_bytes(s);
	if (plan_needs(s->plan) & (NEEDS_NORMS | NEEDS_GRAM))
		grads += task_sums_bytes(ps, s->n_tasks, jobs);
	if (!weights_are_large(ps))
		grads += packed;
	else if (packed > grads) /* never at once (session_look) */
		grads = packed;
	return param_set_bytes(ps) * (s->plan->average > 0 ? 2 : 1) + adamw_bytes(ps) + grads;
}

/* The parameters are declared, nothing is packed. */
static enum status set_precision(struct session *s, struct err *err)
{
	s->params.precision = s->plan->precision;
	if (s->params.precision != PRECISION_BF16 || blas_bf16_name())
		return ST_OK;
	return err_set(err, ST_INVALID, "model.precision: this processor has no fused "
		       "multiply-add, which bf16 needs (f32 does without)");
}

/* Refuses what cannot fit. The parameters are declared, nothing is allocated. */
static enum status check_memory(const struct session *s, struct err *err)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
	double need = (double)s->model_bytes, params = 0;
	double have = pages > 0 && page > 0 ? (double)pages * (double)page : need;

	if (need <= have)
		return ST_OK;
	for (int p = 0; p < s->params.n; p++)
		params += (double)param_count(&s->params, p);
	return err_set(err, ST_INVALID, "the model needs %.1f GB (%.1f M parameters x 4 "
		       "bytes x %.1f blocks), this machine has %.1f GB", need / 1e9,
		       params / 1e6, need / (4 * params), have / 1e9);
}

static void describe_tasks(const struct session *s, struct model_task *mt)
{
	for (int i = 0; i < s->n_tasks; i++) {
		const struct plan_task *p = &s->plan->tasks[i];

		mt[i] = (struct model_task){ .kind = p->kind,
					     .n_labels = s->task[i].n_labels,
					     .grid = s->task[i].grid,
					     .smoothing = (float)p->smoothing,
					     .class_weight = s->task[i].class_weight,
					     .decoder_of = plan_decoder_of(s->plan, i) + 1,
					     .mean = s->task[i].mean,
					     .scale = s->task[i].scale };
		str_copy(mt[i].name, sizeof mt[i].name, p->name);
	}
}

static enum status make_model(struct session *s, const struct session_options *o,
			      int workers, struct err *err)
{
	struct model_config cfg = s->plan->model;
	struct model_task *mt = xcalloc((size_t)s->n_tasks, sizeof *mt);
	struct arena texts;
	enum status st = ST_OK;

	arena_init(&texts);
	if (cfg.vocab && cfg.vocab < tokenizer_size(s->tok))
		st = err_set(err, ST_INVALID, "model.vocab: a table of %d rows for a "
			     "tokenizer of %d pieces", cfg.vocab, tokenizer_size(s->tok));
	if (!cfg.vocab)
		cfg.vocab = tokenizer_size(s->tok);
	cfg.mask_id = tokenizer_hidden(s->tok);
	for (int i = 0; i < s->n_tasks; i++) {
		const struct plan_task *p = &s->plan->tasks[i];

		cfg.max_source = p->max_source > cfg.max_source ? p->max_source :
								  cfg.max_source;
		cfg.max_target = p->max_target > cfg.max_target ? p->max_target :
								  cfg.max_target;
	}
	describe_tasks(s, mt);
	if (!st)
		st = label_texts_read(s, &texts, mt, err);
	if (!st)
		st = model_declare(&cfg, mt, s->n_tasks, &s->params, &s->model, err);
	arena_release(&texts);
	xfree(mt);
	if (!st)
		st = set_precision(s, err);
	if (st)
		return st;
	s->model_bytes = model_bytes(s, o->train, workers);
	st = check_memory(s, err);
	if (!st)
		param_set_alloc(&s->params);
	return st;
}

static enum status start_methods(struct session *s, struct err *err)
{
	const char *args[MIX_PARAMS];
	enum status st = ST_OK;

	for (int role = 0; role < METHOD_ROLES && !st; role++) {
		const struct plan_method *m = &s->plan->method[role];

		for (int i = 0; i < m->n_args; i++)
			args[i] = m->arg[i].text;
		st = mix_set(&s->mix, (enum method_role)role, m->name, args, m->n_args, err);
	}
	return st;
}

/* The mix as the plan sets it, for the model that is there. */
static enum status start_mix(struct session *s, struct err *err)
{
	const struct plan *p = s->plan;

	mix_init(&s->mix, s->n_tasks);
	s->mix.groups = task_sums_groups(s);
	s->mix.lr = p->lr;
	s->mix.clip = p->clip;
	s->mix.dropout = p->dropout;
	s->mix.horizon = p->steps;
	plan_frozen(p, &s->mix.frozen);
	plan_rates(p, &s->mix.rates);
	for (int i = 0; i < GUARDS; i++)
		plan_guard(p, i, &s->mix.guard[i]);
	for (int i = 0; i < s->n_tasks; i++) {
		struct mix_channel *c = &s->mix.ch[i];

		c->weight = p->tasks[i].weight;
		c->share = p->tasks[i].share;
		c->muted = p->tasks[i].muted;
		if (s->task[i].packer)
			c->size = s->task[i].per_epoch;
	}
	return start_methods(s, err);
}

/*
 * Layer-wise decay of the rate: lower layers hold what is general and move less (Howard
 * & Ruder 2018, discriminative fine-tuning; a factor d a layer as in the recipes of
 * ELECTRA, Clark et al. 2020, and BEiT, Bao et al. 2022). Depth k has lr x d^k. The mix's
 * own factors come at each update (freezing_set_rates).
 *   What a decoder has from a trunk is in a group of its own behind the tasks': new parts
 * want a rate that would spoil it (Liu & Lapata 2019, "Text Summarization with Pretrained
 * Encoders", section 3.2).
 */
static void set_rates(struct session *s)
{
	double d = s->plan->layer_decay;

	for (int p = 0; p < s->params.n; p++) {
		s->rate[p] = 1;
		for (int k = model_depth(s->model, p); k > 0; k--)
			s->rate[p] *= d;
		if (model_begins_trained(s->model, p))
			s->adam.group[p] += s->n_tasks;
	}
}

static void make_scratch(struct session *s)
{
	size_t n = (size_t)s->plan->micro_batches;

	adamw_init(&s->adam, &s->params);
	if (s->plan->average > 0)
		s->average = xalloc64(s->params.size * sizeof *s->average);
	s->rate = xcalloc((size_t)s->params.n, sizeof *s->rate);
	set_rates(s);
	s->rows = xcalloc(n, sizeof *s->rows * BATCH_EXAMPLES_MAX);
	s->job = xcalloc(n, sizeof *s->job);
	s->frozen = xcalloc((size_t)s->params.n, sizeof *s->frozen);
	gradients_init(&s->gradients, s);
	conflict_init(s);
}

/* --- life --- */

/*
 * In this order, since each needs what came before: the vocabulary (V), labels and data
 * (what heads answer; estimates of micro-batches), the model's declaration (its size, so
 * that what cannot fit is refused before it is allocated), weights and moments, the mix,
 * and the workers, whose gradient buffers have the parameters' shape.
 */
enum status session_make(struct plan *plan, const struct session_options *o,
			 struct progress *pg, struct session **out, struct err *err)
{
	struct session *s = xcalloc(1, sizeof *s);
	int workers;
	enum status st;

	BUG_IF(plan->n_tasks < 1 || plan->n_tasks > MIX_TASKS_MAX);
	blas_init();
	s->plan = plan;
	s->n_tasks = plan->n_tasks;
	s->task = xcalloc((size_t)plan->n_tasks, sizeof *s->task);
	param_set_init(&s->params);
	/* evaluations and sums use more of them than there are micro-batches */
	workers = o->n_workers > 0 ? o->n_workers : cores();
	st = get_vocabulary(s, o->folder, pg, err);
	for (int i = 0; i < s->n_tasks && !st; i++)
		st = get_task(s, i, o, pg, err);
	for (int i = 0; i < s->n_tasks && !st && o->train; i++) {
		s->task[i].per_epoch = packer_per_epoch(s->task[i].packer);
		s->task[i].units = packer_units(s->task[i].packer);
	}
	if (!st && o->train)
		st = settle_epochs(s, err);
	if (!st)
		st = make_model(s, o, workers, err);
	if (!st && o->train)
		make_scratch(s);
	if (!st)
		st = start_mix(s, err);
	if (!st)
		s->workers = workers_new(workers, &s->params,
					 o->train ? plan->micro_batches : 0);
	if (st) {
		session_free(s);
		s = NULL;
	}
	*out = s;
	return st;
}

enum status session_new(struct plan *plan, const char *folder, int n_workers,
			struct progress *pg, struct session **out, struct err *err)
{
	struct session_options o = { .folder = folder, .n_workers = n_workers,
				     .train = true, .data = true };

	return session_make(plan, &o, pg, out, err);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	workers_free(s->workers);
	gradients_release(&s->gradients);
	conflict_release(&s->conflict);
	task_sums_release(&s->task_sums);
	adamw_release(&s->adam);
	model_free(s->model);
	param_set_release(&s->params);
	for (int i = 0; i < s->n_tasks; i++) {
		xfree(s->task[i].class_weight);
		packer_free(s->task[i].packer);
		dataset_close(s->task[i].train);
		dataset_close(s->task[i].dev);
	}
	tokenizer_free(s->tok);
	plan_free(s->plan);
	xfree(s->task);
	xfree(s->rows);
	xfree(s->job);
	xfree(s->frozen);
	xfree(s->rate);
	xfree(s->average);
	xfree(s);
}

/* Whatever a step moves goes back, so the same steps come again (test_start_again). */
void session_start_random(struct session *s)
{
	memset(s->params.value, 0, s->params.size * sizeof *s->params.value);
	model_init_random(s->model, &s->params, s->plan->seed);
	averaging_begin(s);
	session_pack(s);
	if (s->adam.m)
		adamw_clear(&s->adam);
	for (int i = 0; i < s->n_tasks; i++)
		s->task[i].cursor = (struct cursor){ 0 };
	BUG_IF(start_mix(s, NULL)); /* the same words were taken by session_make */
	gradients_clear(&s->gradients);
	conflict_clear(&s->conflict);
	s->step = s->skipped = s->skips = 0;
	s->timeline = 0;
	session_tell_mix(s);
}

void session_tell_mix(struct session *s)
{
	s->mix.step = s->step;
	s->mix.seed = s->plan->seed;
	for (int i = 0; i < s->n_tasks; i++)
		s->mix.epoch[i] = s->task[i].cursor.epoch;
}

void session_state(const struct session *s, char out[40])
{
	state_hash(s, out);
}
