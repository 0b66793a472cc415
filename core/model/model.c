/*
 * model.c - the registry of kinds, the checks on a configuration, random
 * weights, and what all kinds do alike.
 */
#include "model/model.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "model/kind.h"
#include "tensor/kernels.h"
#include "tensor/vmath.h"

static const struct model_kind *const kinds[] = { &kind_transformer };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

const char *model_kind_name(int i)
{
	return i >= 0 && i < KINDS ? kinds[i]->name : NULL;
}

static const struct model_kind *find_kind(const char *name)
{
	for (int i = 0; i < KINDS; i++)
		if (str_eq(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

/* --- checks --- */

static enum status check_sizes(const struct model_config *c, struct err *err)
{
	const struct {
		const char *name;
		int value, min, max;
	} row[] = {
		{ "dim", c->dim, 1, 1 << 16 },
		{ "layers", c->layers, 1, 1024 },
		{ "heads", c->heads, 1, c->dim },
		{ "ff", c->ff, 1, 1 << 20 },
		{ "shared_layers", c->shared_layers, 0, c->layers },
		{ "vocab", c->vocab, 1, 1 << 24 },
		{ "max_source", c->max_source, 1, 1 << 20 },
	};

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		if (row[i].value < row[i].min || row[i].value > row[i].max)
			return err_set(err, ST_INVALID,
				       "model.%s must be %d to %d, not %d",
				       row[i].name, row[i].min, row[i].max,
				       row[i].value);
	if (c->dim % c->heads)
		return err_set(err, ST_INVALID, "model.dim (%d) must be a "
			       "multiple of model.heads (%d)", c->dim, c->heads);
	return ST_OK;
}

static enum status check_task(const struct model_config *c,
			      const struct model_task *t, struct err *err)
{
	if (!t->name[0] || !memchr(t->name, 0, sizeof t->name))
		return err_set(err, ST_INVALID, "a task needs a name");
	if (t->kind == TASK_CLASSIFY && t->n_labels < 2)
		return err_set(err, ST_INVALID,
			       "task '%s' needs at least two labels, has %d",
			       t->name, t->n_labels);
	if (t->kind == TASK_REGRESS &&
	    !(t->scale > 0 && isfinite(t->scale) && isfinite(t->mean)))
		return err_set(err, ST_INVALID, "task '%s' has targets without "
			       "a spread (scale %g)", t->name, t->scale);
	if (t->kind == TASK_SUMMARIZE &&
	    (c->decoder_layers < 1 || c->decoder_layers > 1024))
		return err_set(err, ST_INVALID, "task '%s' needs "
			       "model.decoder_layers from 1 to 1024, not %d",
			       t->name, c->decoder_layers);
	if (t->kind == TASK_SUMMARIZE &&
	    (c->max_target < 2 || c->max_target > 1 << 20))
		return err_set(err, ST_INVALID, "task '%s' needs max_target "
			       "from 2 to %d, not %d", t->name, 1 << 20,
			       c->max_target);
	if (!(t->smoothing >= 0.0f && t->smoothing < 1.0f))
		return err_set(err, ST_INVALID, "task '%s' needs a smoothing "
			       "from 0 to below 1, not %g", t->name,
			       (double)t->smoothing);
	return ST_OK;
}

static enum status check(const struct model_config *c,
			 const struct model_task *tasks, int n, struct err *err)
{
	enum status st;

	if (!memchr(c->kind, 0, sizeof c->kind) || !find_kind(c->kind))
		return err_set(err, ST_INVALID, "unknown model kind '%.23s'",
			       c->kind);
	if (n < 1 || n > MODEL_TASKS_MAX)
		return err_set(err, ST_INVALID, "a model has 1 to %d tasks, "
			       "not %d", MODEL_TASKS_MAX, n);
	st = check_sizes(c, err);
	for (int i = 0; i < n && !st; i++) {
		st = check_task(c, &tasks[i], err);
		for (int k = 0; k < i && !st; k++)
			if (str_eq(tasks[i].name, tasks[k].name))
				st = err_set(err, ST_INVALID,
					     "two tasks are called '%s'",
					     tasks[i].name);
	}
	return st;
}

/* --- life --- */

static struct model *declare(const struct model_config *cfg,
			     const struct model_task *tasks, int n,
			     struct param_set *ps)
{
	struct model *m = xcalloc(1, sizeof *m);

	m->cfg = *cfg;
	m->kind = find_kind(cfg->kind);
	m->n_tasks = n;
	m->task = xcalloc((size_t)n, sizeof *m->task);
	memcpy(m->task, tasks, (size_t)n * sizeof *m->task);
	m->own = m->kind->declare(m, ps);
	return m;
}

enum status model_declare(const struct model_config *cfg,
			  const struct model_task *tasks, int n_tasks,
			  struct param_set *ps, struct model **out, struct err *err)
{
	enum status st = check(cfg, tasks, n_tasks, err);

	*out = st ? NULL : declare(cfg, tasks, n_tasks, ps);
	return st;
}

enum status model_new(const struct model_config *cfg,
		      const struct model_task *tasks, int n_tasks,
		      struct param_set *ps, struct model **out, struct err *err)
{
	enum status st = model_declare(cfg, tasks, n_tasks, ps, out, err);

	if (!st)
		param_set_alloc(ps);
	return st;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	m->kind->release(m->own);
	xfree(m->init);
	xfree(m->task);
	xfree(m);
}

uint64_t model_param_count(const struct model_config *cfg,
			   const struct model_task *tasks, int n_tasks)
{
	struct param_set ps;
	struct model *m;
	uint64_t sum = 0;

	if (check(cfg, tasks, n_tasks, NULL))
		return 0;
	param_set_init(&ps);
	m = declare(cfg, tasks, n_tasks, &ps);
	for (int i = 0; i < ps.n; i++)
		sum += param_count(&ps, i);
	model_free(m);
	param_set_release(&ps);
	return sum;
}

const struct model_config *model_config(const struct model *m)
{
	return &m->cfg;
}

void model_init_random(const struct model *m, struct param_set *ps, uint64_t seed)
{
	BUG_IF((size_t)ps->n != m->n_init);
	for (int p = 0; p < ps->n; p++) {
		struct rng r = rng_stream(seed, RNG_INIT, 0, (uint64_t)p);
		const struct init *in = &m->init[p];
		size_t n = param_count(ps, p);
		float *v = param_value(ps, p);

		for (size_t i = 0; i < n; i++)
			v[i] = in->dev > 0.0f ?
				       in->mean + in->dev * rng_normal(&r, i) :
				       in->mean;
	}
}

/* --- losses and predictions --- */

static const struct model_task *task_of(const struct model *m,
					const struct batch *b)
{
	BUG_IF(b->task < 0 || b->task >= m->n_tasks);
	BUG_IF(b->kind != m->task[b->task].kind);
	return &m->task[b->task];
}

/* Targets are brought to mean 0 and deviation 1 while they are doubles. */
static struct loss regress_loss(struct tape *t, const struct model_task *task,
				struct ten *x, const struct batch *b)
{
	float *y = arena_alloc(&t->arena, ((size_t)b->B + 1) * sizeof *y);

	for (int i = 0; i < b->B; i++)
		y[i] = (float)((b->number[i] - task->mean) / task->scale);
	return op_mse(t, x, y);
}

struct loss model_loss(const struct model *m, struct tape *t, const struct batch *b,
		       float p_drop)
{
	const struct model_task *task = task_of(m, b);
	struct ten *x;

	if (task->kind == TASK_SUMMARIZE)
		return m->kind->summary_loss(m, t, b, p_drop);
	x = m->kind->scores(m, t, b, p_drop, NULL);
	if (task->kind == TASK_REGRESS)
		return regress_loss(t, task, x, b);
	return op_cross_entropy(t, x, b->label, task->smoothing);
}

/*
 * Scores [B, labels] as probabilities, or numbers [B] in the task's own unit: a number
 * far from 0 has no float that is near enough.
 */
static double *answers(struct tape *t, const struct model_task *task,
		       const struct ten *x)
{
	size_t n = (size_t)x->rows * (size_t)x->cols;
	float *v = arena_alloc(&t->arena, (n + 1) * sizeof *v);
	double *p = arena_alloc(&t->arena, (n + 1) * sizeof *p);

	memcpy(v, x->v, n * sizeof *v);
	if (task->kind == TASK_CLASSIFY)
		k_softmax(x->rows, x->cols, v, 1.0f, false);
	for (size_t i = 0; i < n; i++)
		p[i] = task->kind == TASK_REGRESS ?
		       task->mean + task->scale * (double)v[i] : (double)v[i];
	return p;
}

void model_predict(const struct model *m, struct tape *t, const struct batch *b,
		   double **p)
{
	const struct model_task *task = task_of(m, b);

	BUG_IF(task->kind == TASK_SUMMARIZE);
	*p = answers(t, task, m->kind->scores(m, t, b, 0.0f, NULL));
}

/* Of logits, in double: no probability is too small for it. */
static double log_softmax(const float *x, int n, int at)
{
	double max = (double)x[0], sum = 0;

	for (int k = 1; k < n; k++)
		max = (double)x[k] > max ? (double)x[k] : max;
	for (int k = 0; k < n; k++)
		sum += v_expd((double)x[k] - max);
	return (double)x[at] - max - v_logd(sum);
}

void model_classify(const struct model *m, struct tape *t, const struct batch *b,
		    double **p, double **loss)
{
	const struct model_task *task = task_of(m, b);
	struct ten *x;

	BUG_IF(task->kind != TASK_CLASSIFY);
	x = m->kind->scores(m, t, b, 0.0f, NULL);
	*loss = arena_zalloc(&t->arena, ((size_t)b->B + 1) * sizeof **loss);
	for (int i = 0; i < b->B; i++)
		(*loss)[i] = b->label[i] < 0 ? NAN :
			     -log_softmax(x->v + (size_t)i * (size_t)x->cols, x->cols,
					  b->label[i]);
	*p = answers(t, task, x);
}

/* --- attributions --- */

static int largest(const double *p, int n)
{
	int best = 0;

	for (int k = 1; k < n; k++)
		best = p[k] > p[best] ? k : best;
	return best;
}

/* Of every row the sum over its columns of v times d, the gradient there. */
static float *row_products(struct tape *t, const struct ten *v, const struct ten *d)
{
	float *out = arena_zalloc(&t->arena, ((size_t)v->rows + 1) * sizeof *out);

	for (int i = 0; i < v->rows && d->d; i++) {
		const float *a = v->v + (size_t)i * (size_t)v->cols;
		const float *b = d->d + (size_t)i * (size_t)v->cols;
		double sum = 0;

		for (int k = 0; k < v->cols; k++)
			sum += (double)a[k] * (double)b[k];
		out[i] = (float)sum;
	}
	return out;
}

void model_attribute(const struct model *m, struct tape *t, const struct batch *b,
		     double **p, float **score)
{
	const struct model_task *task = task_of(m, b);
	struct ten *embedded = NULL, *token, *x;
	float *d;

	BUG_IF(task->kind == TASK_SUMMARIZE || !t->grads);
	x = m->kind->scores(m, t, b, 0.0f, &embedded);
	token = m->kind->tokens(m, t, b);
	*p = answers(t, task, x);
	d = ten_grad(t, x);
	for (int i = 0; i < x->rows; i++) {
		const double *row = *p + (size_t)i * (size_t)x->cols;

		if (task->kind == TASK_CLASSIFY)
			d[i * x->cols + largest(row, x->cols)] = 1.0f;
		else
			d[i] = (float)task->scale;
	}
	tape_backward(t);
	*score = row_products(t, token, embedded);
}

/* --- summaries --- */

void generation_init(struct generation *g)
{
	*g = (struct generation){ 0 };
	arena_init(&g->arena);
}

void generation_release(struct generation *g)
{
	arena_release(&g->arena);
	generation_init(g);
}

/* Of each example the mean over its counted targets; 0 when it has none. */
static double *mean_losses(const struct batch *b, const double *each,
			   struct arena *a)
{
	double *mean = arena_zalloc(a, ((size_t)b->B + 1) * sizeof *mean);

	for (int i = 0; i < b->B; i++) {
		int n = 0;

		for (int r = b->dec_off[i]; r < b->dec_off[i + 1]; r++)
			if (b->dec_out[r] >= 0) {
				mean[i] += each[r];
				n++;
			}
		mean[i] = n ? mean[i] / n : 0;
	}
	return mean;
}

void model_generate(const struct model *m, struct tape *t, const struct batch *b,
		    const struct decode_config *dc, int32_t cls_id,
		    int32_t sep_id, const int32_t *banned, int n_banned,
		    struct generation *g)
{
	const struct model_task *task = task_of(m, b);
	struct arena_mark mark = arena_mark(&t->arena);
	struct search_setup setup = { .dc = *dc, .B = b->B, .V = m->cfg.vocab,
				      .cls = cls_id, .sep = sep_id,
				      .banned = banned, .n_banned = n_banned };
	int most = m->cfg.max_target - 1;
	struct search *s;
	double *each = NULL;

	BUG_IF(task->kind != TASK_SUMMARIZE || t->grads || t->training);
	BUG_IF(sep_id < 0 || sep_id >= m->cfg.vocab);
	if (setup.dc.max_len > most)
		setup.dc.max_len = most;
	arena_reset(&g->arena);
	s = search_new(&t->arena, &setup);
	if (dc->losses)
		each = arena_alloc(&t->arena, ((size_t)b->T + 1) * sizeof *each);
	m->kind->generate(m, t, b, s, each);
	search_end(s, g);
	g->loss = each ? mean_losses(b, each, &g->arena) : NULL;
	arena_rewind(&t->arena, mark);
}
