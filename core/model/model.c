/*
 * model.c - a model's life: its parameters put together from the rows of its trunk,
 * heads and decoder, random weights, and what is asked of it handed to them.
 */
#include "model/model.h"

#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "model/build.h"
#include "tensor/kernels.h"

/* --- life --- */

/* Their classes' weights become the model's. */
static void copy_weights(struct model *m, struct model_task *t)
{
	size_t n = (size_t)t->n_labels;
	float *own;

	if (!t->class_weight)
		return;
	own = arena_alloc(&m->arena, n * sizeof *own);
	memcpy(own, t->class_weight, n * sizeof *own);
	t->class_weight = own;
}

/* A model without parameters yet, all its parts known and checked; or NULL. */
static struct model *describe(const struct model_config *cfg,
			      const struct model_task *tasks, int n, struct err *err)
{
	struct model_config c = *cfg;
	struct model *m;

	if (n < 1 || n > MODEL_TASKS_MAX) {
		err_set(err, ST_INVALID, "a model has 1 to %d tasks, not %d",
			MODEL_TASKS_MAX, n);
		return NULL;
	}
	if (model_settle(&c, err))
		return NULL;
	m = xcalloc(1, sizeof *m);
	arena_init(&m->arena);
	m->cfg = c;
	m->trunk = trunk_find(c.kind);
	m->decoder = m->trunk->decoder ? m->trunk->decoder : decoder_find(c.decoder);
	m->n_tasks = n;
	m->task = arena_zalloc(&m->arena, (size_t)n * sizeof *m->task);
	m->head = arena_zalloc(&m->arena, (size_t)n * sizeof *m->head);
	memcpy(m->task, tasks, (size_t)n * sizeof *m->task);
	for (int i = 0; i < n; i++)
		copy_weights(m, &m->task[i]);
	if (model_check_tasks(m, err)) {
		model_free(m);
		return NULL;
	}
	return m;
}

/*
 * What is shared, then each task's part of the trunk and its head. This order is each
 * parameter's number, and with it the random weights it starts from.
 */
static void declare(struct model *m, struct param_set *ps)
{
	m->own = m->trunk->declare(m, ps);
	for (int i = 0; i < m->n_tasks; i++) {
		struct build own = build_task(m, ps, i);

		if (m->trunk->declare_task)
			m->trunk->declare_task(&own, i);
		if (!m->task[i].decoder_of)
			m->head[i] = head_of(m->trunk, m->task[i].kind)->declare(&own,
										&m->task[i]);
	}
	for (int i = 0; i < m->n_tasks; i++)
		if (m->task[i].decoder_of)
			m->head[i] = m->head[m->task[i].decoder_of - 1];
	if (m->cfg.adapter && m->trunk->declare_adapters)
		m->trunk->declare_adapters(m, ps);
}

enum status model_declare(const struct model_config *cfg,
			  const struct model_task *tasks, int n_tasks,
			  struct param_set *ps, struct model **out, struct err *err)
{
	*out = describe(cfg, tasks, n_tasks, err);
	if (!*out)
		return ST_INVALID;
	declare(*out, ps);
	return ST_OK;
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
	xfree(m->init);
	xfree(m->origin);
	xfree(m->adapted);
	arena_release(&m->arena);
	xfree(m);
}

const struct model_config *model_config(const struct model *m)
{
	return &m->cfg;
}

int model_depth(const struct model *m, int p)
{
	BUG_IF(p < 0 || (size_t)p >= m->n_init);
	return m->init[p].depth;
}

int model_layer(const struct model *m, int p)
{
	BUG_IF(p < 0 || (size_t)p >= m->n_init);
	return m->init[p].layer;
}

bool model_is_adapter(const struct model *m, int p)
{
	BUG_IF(p < 0 || (size_t)p >= m->n_init);
	return m->init[p].adapter;
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

/* --- what begins as the trunk --- */

bool model_begins_trained(const struct model *m, int p)
{
	BUG_IF(p < 0 || (size_t)p >= m->n_init);
	return m->init[p].trained;
}

static void take_identity(struct param_set *ps, int to)
{
	size_t n = (size_t)ps->p[to].cols;
	float *v = param_value(ps, to);

	memset(v, 0, n * n * sizeof *v);
	for (size_t i = 0; i < n; i++)
		v[i * n + i] = 1;
}

static void take_origin(struct param_set *ps, const struct origin *o)
{
	const struct param *to = &ps->p[o->to], *from = &ps->p[o->from];
	size_t n = param_count(ps, o->to), at = (size_t)o->row, cols = (size_t)to->cols;
	float *v = param_value(ps, o->to);

	at *= to->rows > 1 ? cols : 1;
	BUG_IF(at + n > (size_t)from->rows * (size_t)from->cols);
	memcpy(v, param_value(ps, o->from) + at, n * sizeof *v);
	for (size_t i = 0; i < n && o->plus != PARAM_NONE; i++)
		v[i] += param_value(ps, o->plus)[i % cols];
}

int model_take_trunk(const struct model *m, struct param_set *ps, bool *is_fresh)
{
	int taken = 0;

	for (size_t i = 0; i < m->n_origins; i++) {
		const struct origin *o = &m->origin[i];

		if (!is_fresh[o->to] || (o->from != PARAM_NONE && is_fresh[o->from]))
			continue;
		if (o->from == PARAM_NONE)
			take_identity(ps, o->to);
		else
			take_origin(ps, o);
		is_fresh[o->to] = false;
		taken++;
	}
	return taken;
}

/* --- losses and predictions --- */

const struct head_kind *model_head(const struct model *m, const struct batch *b)
{
	BUG_IF(b->task < 0 || b->task >= m->n_tasks);
	BUG_IF(b->kind != m->task[b->task].kind);
	return head_of(m->trunk, b->kind);
}

struct ten *model_rows(const struct model *m, struct tape *t, const struct batch *b,
		       float p_drop, struct ten **embedded)
{
	return m->trunk->rows(m, t, b, p_drop, embedded);
}

struct loss model_loss(const struct model *m, struct tape *t, const struct batch *b,
		       float p_drop)
{
	return model_head(m, b)->loss(m, t, b, p_drop);
}

double model_flops(const struct model *m, int task, double n, double t)
{
	return m->trunk->flops(m, n) +
	       head_of(m->trunk, m->task[task].kind)->flops(m, task, n, t);
}

double model_predict_flops(const struct model *m, int task, double n)
{
	const struct head_kind *head = head_of(m->trunk, m->task[task].kind);

	BUG_IF(!head_answers(head));
	return m->trunk->flops(m, n) +
	       (head->score_flops ? head->score_flops(m, task, n) :
				    head->flops(m, task, n, 0));
}

/* Of a row's answer. */
static int values(const struct head_kind *head, const struct ten *x)
{
	return head->picks ? 1 : x->cols;
}

/* The values of every row's scores: [B, values]. */
static double *answers(const struct model *m, struct tape *t, const struct batch *b,
		       const struct ten *x)
{
	const struct head_kind *head = model_head(m, b);
	size_t n = (size_t)x->rows * (size_t)x->cols;
	float *v = arena_alloc(&t->arena, (n + 1) * sizeof *v);
	double *p = arena_alloc(&t->arena, (n + 1) * sizeof *p);

	memcpy(v, x->v, n * sizeof *v);
	for (int i = 0; i < x->rows; i++)
		head->answer(&m->task[b->task], v + i * x->cols, x->cols,
			     p + i * values(head, x));
	return p;
}

void model_predict(const struct model *m, struct tape *t, const struct batch *b,
		   double **p)
{
	const struct head_kind *head = model_head(m, b);

	BUG_IF(!head_answers(head));
	*p = answers(m, t, b, head->scores(m, t, b, 0.0f, NULL));
}

/* The softmax of every row's scores: [B, texts]. */
static double *shares(struct tape *t, const struct ten *x)
{
	size_t n = (size_t)x->rows * (size_t)x->cols;
	float *v = arena_alloc(&t->arena, (n + 1) * sizeof *v);
	double *p = arena_alloc(&t->arena, (n + 1) * sizeof *p);

	memcpy(v, x->v, n * sizeof *v);
	k_softmax(x->rows, x->cols, v, 1.0f, false);
	for (size_t i = 0; i < n; i++)
		p[i] = (double)v[i];
	return p;
}

void model_predict_losses(const struct model *m, struct tape *t, const struct batch *b,
			  double **p, double **loss)
{
	double *share;

	model_predict_points(m, t, b, p, loss, &share);
}

void model_predict_points(const struct model *m, struct tape *t, const struct batch *b,
			  double **p, double **loss, double **share)
{
	const struct head_kind *head = model_head(m, b);
	struct ten *x;

	BUG_IF(!head_answers(head));
	x = head->scores(m, t, b, 0.0f, NULL);
	*loss = arena_zalloc(&t->arena, ((size_t)b->B + 1) * sizeof **loss);
	for (int i = 0; i < b->B; i++)
		(*loss)[i] = head->row_loss(&m->task[b->task], b, i,
					     x->v + i * x->cols, x->cols);
	*p = answers(m, t, b, x);
	*share = head->picks ? shares(t, x) : NULL;
}

/* --- attributions --- */

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

/*
 * No loss: the seed is set by hand, on the scores. The tokens' part is an op of its own
 * on the same tape that nothing reads, so nothing flows back through it.
 */
void model_attribute(const struct model *m, struct tape *t, const struct batch *b,
		     double **p, float **score)
{
	const struct head_kind *head = model_head(m, b);
	struct ten *embedded = NULL, *token, *x;
	float *d;

	BUG_IF(!head_answers(head) || !t->grads);
	tape_want_inputs(t);
	x = head->scores(m, t, b, 0.0f, &embedded);
	token = m->trunk->tokens(m, t, b);
	*p = answers(m, t, b, x);
	d = ten_grad(t, x);
	for (int i = 0; i < x->rows; i++)
		head->ask(&m->task[b->task], *p + i * values(head, x), x->cols,
			  d + i * x->cols);
	tape_backward(t);
	*score = row_products(t, token, embedded);
}
