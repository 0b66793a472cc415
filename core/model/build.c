/*
 * build.c - declaring parameters with the random weights they start from.
 *
 * Random weights. Matrices are Glorot's normal. Pre-norm: tokens enter the stream
 * at deviation 0.5 (the table has 0.5 / table_scale, sqrt(C) by default, so that
 * tied logits start small), places and segments at 0.3, and what a sublayer adds
 * starts smaller by 1 / sqrt(number of sublayers).
 *   Measured: where order is all (a toy of finding words beside marks, 450 steps)
 * places at 0.02 end at a loss of 0.70, at 0.1: 0.66, at 0.3: 0.35, at 0.7: 0.01,
 * and sinusoids behind random ones; where words are all (the demo's topics, 100
 * steps) it is the other way round: 0.1 gives 76% and 0.5 gives 32%. Without
 * smaller sublayers the toy's loss is 2 to 3 times as high.
 *   Post-norm: BERT's 0.02 for tables; the norm behind makes sizes equal.
 */
#include "model/build.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/str.h"

struct build build_shared(struct model *m, struct param_set *ps)
{
	return (struct build){ .m = m, .ps = ps, .owner = PARAM_SHARED,
			       .layer = m->cfg.layers };
}

struct build build_task(struct model *m, struct param_set *ps, int task)
{
	struct build b = { .m = m, .ps = ps, .owner = task, .layer = m->cfg.layers };

	str_format(b.prefix, sizeof b.prefix, "tasks.%s", m->task[task].name);
	return b;
}

struct build build_in(const struct build *b, const char *fmt, ...)
{
	struct build in = *b;
	char part[32];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(part, sizeof part, fmt, ap);
	va_end(ap);
	BUG_IF(len < 1 || len >= (int)sizeof part);
	BUG_IF(!str_format(in.prefix, sizeof in.prefix, "%s%s%s", b->prefix,
			   b->prefix[0] ? "." : "", part));
	return in;
}

/*
 * Every parameter of every model comes through here, so that its random weights are
 * said where it is declared, and the two lists cannot get out of step.
 */
static int add(struct build *b, int rows, int cols, unsigned flags,
	       const char *name, struct init init)
{
	struct model *m = b->m;
	int p;

	flags |= b->is_still ? PARAM_STILL : 0;
	p = param_add(b->ps, rows, cols, b->owner, flags, "%s.%s", b->prefix, name);

	init.depth = b->depth;
	init.layer = b->layer;
	init.adapter = b->is_adapter;
	ARRAY_GROW(m->init, m->n_init, m->cap_init);
	m->init[m->n_init++] = init;
	BUG_IF((size_t)b->ps->n != m->n_init);
	return p;
}

struct build build_layer(const struct build *b, int i, const char *name)
{
	struct build in = build_in(b, "%s.%d", name, i);

	in.depth = b->m->cfg.layers - i;
	in.layer = i;
	return in;
}

struct build build_embed(const struct build *b)
{
	struct build in = build_in(b, "embed");

	in.depth = b->m->cfg.layers + 1;
	in.layer = -1;
	return in;
}

struct build build_edge(const struct build *b, const char *name)
{
	struct build in = build_in(b, "%s", name);

	in.layer = b->m->cfg.layers - 1;
	return in;
}

int build_table(struct build *b, const char *name, int rows, unsigned flags,
		double dev)
{
	return build_table_wide(b, name, rows, b->m->cfg.dim, flags, dev);
}

int build_table_wide(struct build *b, const char *name, int rows, int cols,
		     unsigned flags, double dev)
{
	return add(b, rows, cols, flags, name, (struct init){ .dev = (float)dev });
}

/*
 * Is the table of tokens also a task's output layer? Then all its rows always move. A
 * softmax pushes every piece, so moments have to age alike for all rows; in a step
 * without that task too, where few rows have a gradient: the others' moments decay and
 * their weights follow (test_flags; step_rows in optim.c).
 */
static bool is_output(const struct model *m)
{
	if (m->trunk->decoder) /* it says every answer */
		return true;
	for (int i = 0; i < m->n_tasks && m->cfg.tied; i++)
		if (head_of(m->trunk, m->task[i].kind)->writes ||
		    head_of(m->trunk, m->task[i].kind)->says_pieces)
			return true;
	return false;
}

void build_tokens(struct build *b)
{
	struct model *m = b->m;
	unsigned rows = PARAM_ROWS | PARAM_DECAY;

	m->token = build_table_wide(b, "token", m->cfg.vocab, m->cfg.embed_dim,
				    rows | (is_output(m) ? PARAM_OUTPUT : PARAM_LAZY),
				    build_table_dev(&m->cfg));
}

int build_vector(struct build *b, const char *name, int n)
{
	return add(b, 1, n, 0, name, (struct init){ .mean = 0 });
}

static int add_matrix(struct build *b, const char *name, int out, int in, double dev,
		      unsigned more)
{
	char full[48];

	str_format(full, sizeof full, "%s.weight", name);
	return add(b, out, in, PARAM_DECAY | PARAM_DENSE | more, full,
		   (struct init){ .dev = (float)dev });
}

int build_matrix(struct build *b, const char *name, int out, int in, double dev)
{
	return add_matrix(b, name, out, in, dev, 0);
}

int build_thin(struct build *b, const char *name, int out, int in, double dev)
{
	return add_matrix(b, name, out, in, dev, PARAM_THIN);
}

static struct dense add_dense(struct build *b, const char *name, int out, int in,
			      double dev, unsigned more)
{
	char full[48];
	struct dense d;

	d.w = add_matrix(b, name, out, in, dev, more);
	str_format(full, sizeof full, "%s.bias", name);
	d.b = add(b, 1, out, 0, full, (struct init){ .mean = 0 });
	return d;
}

struct dense build_dense(struct build *b, const char *name, int out, int in,
			 double dev)
{
	return add_dense(b, name, out, in, dev, 0);
}

struct dense build_thin_dense(struct build *b, const char *name, int out, int in,
			      double dev)
{
	return add_dense(b, name, out, in, dev, PARAM_THIN);
}

struct norm build_norm(struct build *b, const char *name)
{
	return build_norm_wide(b, name, b->m->cfg.dim);
}

struct norm build_norm_wide(struct build *b, const char *name, int cols)
{
	char full[48];
	struct norm n;

	str_format(full, sizeof full, "%s.weight", name);
	n.gamma = add(b, 1, cols, 0, full, (struct init){ .mean = 1 });
	str_format(full, sizeof full, "%s.bias", name);
	n.beta = add(b, 1, cols, 0, full, (struct init){ .mean = 0 });
	return n;
}

/* --- origins --- */

void build_trained(struct build *b, int p)
{
	if (b->m->cfg.from_trunk)
		b->m->init[p].trained = true;
}

void build_as_sum(struct build *b, int to, int from, int row, int plus)
{
	struct model *m = b->m;

	if (!m->cfg.from_trunk || (from != PARAM_NONE && b->ps->p[to].rows > 1 &&
				   b->ps->p[to].cols != b->ps->p[from].cols))
		return;
	build_trained(b, to);
	ARRAY_GROW(m->origin, m->n_origins, m->cap_origins);
	m->origin[m->n_origins++] = (struct origin){ to, from, row, plus };
}

void build_as(struct build *b, int to, int from, int row)
{
	build_as_sum(b, to, from, row, PARAM_NONE);
}

void build_as_dense(struct build *b, struct dense to, struct dense from, int row)
{
	build_as(b, to.w, from.w, row);
	build_as(b, to.b, from.b, row);
}

void build_as_norm(struct build *b, struct norm to, struct norm from)
{
	if (b->ps->p[to.gamma].cols != b->ps->p[from.gamma].cols)
		return;
	build_as(b, to.gamma, from.gamma, 0);
	build_as(b, to.beta, from.beta, 0);
}

void build_as_identity(struct build *b, struct dense to)
{
	build_as(b, to.w, PARAM_NONE, 0);
	build_trained(b, to.b);
}

double build_table_dev(const struct model_config *cfg)
{
	return cfg->pre_norm ? 0.5 / cfg->table_scale : 0.02;
}

double build_place_dev(const struct model_config *cfg)
{
	return cfg->pre_norm ? 0.3 : 0.02;
}

double build_glorot(int in, int out)
{
	return sqrt(2.0 / (in + out));
}

struct ten *dense_apply(struct tape *t, struct ten *x, const struct dense *d,
			enum act act)
{
	return op_linear(t, x, d->w, d->b, act);
}
