/*
 * layered.c - see layered.h.
 */
#include "model/layered.h"

#include "base/mem.h"

/* --- parameters --- */

enum status layered_check(const struct model_config *c, struct err *err)
{
	const struct size_row row[] = {
		{ "layers", c->layers, 1, 1024 },
		{ "shared_layers", c->shared_layers, 0, c->layers },
	};
	enum status st = model_check_sizes(row, 2, err);
	const char *field;

	if (!st)
		st = stack_check(c, err);
	if (!st) {
		st = model_check_adapter(c, &field, err);
		if (st)
			err_wrap(err, st, "model.%s", field);
	}
	return st;
}

/* Do the trunk's own weights stand still, beside what adapts them? */
static bool is_still(const struct model_config *cfg)
{
	return cfg->adapter && !cfg->adapter_and_trunk;
}

static void declare_tables(struct build *b, struct layered *f)
{
	const struct model_config *cfg = &b->m->cfg;
	unsigned lazy = PARAM_ROWS | PARAM_DECAY | PARAM_LAZY;
	double dev = build_place_dev(cfg);
	int E = cfg->embed_dim;

	build_tokens(b);
	f->pos = build_table_wide(b, "position", cfg->position_offset + cfg->max_positions,
				  E, lazy, dev);
	f->seg = PARAM_NONE;
	if (cfg->segments > 0)
		f->seg = build_table_wide(b, "segment", cfg->segments, E, lazy, dev);
}

/* What is between the sum of the tables and the first layer. */
static void declare_edge(struct build *b, struct layered *f)
{
	const struct model_config *cfg = &b->m->cfg;
	int E = cfg->embed_dim;

	if (cfg->pre_norm)
		return;
	f->edge = build_norm_wide(b, "norm", E);
	if (E != cfg->dim)
		f->project = build_dense(b, "project", cfg->dim, E,
					 build_glorot(E, cfg->dim));
}

struct layered *layered_declare(struct model *m, struct param_set *ps, const char *name)
{
	const struct model_config *cfg = &m->cfg;
	struct layered *f = arena_zalloc(&m->arena, sizeof *f);
	struct build all = build_shared(m, ps), b;

	all.is_still = is_still(cfg);
	b = build_embed(&all);
	f->name = name;
	f->shared = arena_zalloc(&m->arena, ((size_t)cfg->shared_layers + 1) *
				 sizeof *f->shared);
	f->task = arena_zalloc(&m->arena, (size_t)m->n_tasks * sizeof *f->task);
	declare_tables(&b, f);
	declare_edge(&b, f);
	for (int i = 0; i < cfg->shared_layers; i++) {
		b = build_layer(&all, i, name);
		layer_declare(&b, &f->shared[i], 2, cfg->layers);
	}
	b = build_edge(&all, name);
	if (cfg->pre_norm && cfg->shared_layers == cfg->layers)
		f->edge = build_norm(&b, "norm");
	return f;
}

void layered_declare_task(struct build *own, int task)
{
	struct model *m = own->m;
	const struct layered *f = m->own;
	struct stack *s = &f->task[task];
	struct build of_trunk = *own, b;
	int k = m->cfg.shared_layers;

	of_trunk.is_still = is_still(&m->cfg);
	stack_init(s, m, m->cfg.layers, 2);
	s->edge = f->edge;
	s->has_project = m->cfg.embed_dim != m->cfg.dim;
	s->project = f->project;
	for (int i = 0; i < s->n; i++) {
		b = build_layer(&of_trunk, i, f->name);
		if (i < k)
			s->layer[i] = f->shared[i];
		else
			layer_declare(&b, &s->layer[i], 2, s->n);
	}
	b = build_edge(&of_trunk, f->name);
	if (m->cfg.pre_norm && k < s->n)
		s->edge = build_norm(&b, "norm");
}

static const struct adapter *declare_adapter(const struct build *owner, const char *name,
					     int i, const struct layer *l)
{
	struct build b = build_layer(owner, i, name);
	struct adapter *a = arena_alloc(&owner->m->arena, sizeof *a);
	int w[LAYER_MATRICES];

	layer_matrices(l, w);
	adapter_declare(&b, a, w);
	return a;
}

/* Where all tasks have one, a layer that is a task's own has its own all the same. */
void layered_declare_adapters(struct model *m, struct param_set *ps)
{
	const struct layered *f = m->own;
	struct build all = build_shared(m, ps);
	int shared = m->cfg.adapter_of_all ? m->cfg.shared_layers : 0;

	for (int i = 0; i < shared; i++)
		f->shared[i].adapter = declare_adapter(&all, f->name, i, &f->shared[i]);
	for (int k = 0; k < m->n_tasks; k++) {
		struct build own = build_task(m, ps, k);

		for (int i = 0; i < m->cfg.layers; i++) {
			struct layer *l = &f->task[k].layer[i];

			l->adapter = i < shared ? f->shared[i].adapter :
						  declare_adapter(&own, f->name, i, l);
		}
	}
}

const struct stack *layered_stack(const struct model *m, int task)
{
	return &((const struct layered *)m->own)->task[task];
}

/* With the first segment's row, as every row of a text alone has it. */
void layered_begin_places(struct build *b, int table)
{
	const struct layered *f = b->m->own;

	build_as_sum(b, table, f->pos, b->m->cfg.position_offset, f->seg);
}

/* --- forward --- */

/* Rows of the position table for the rows' places. */
static const int32_t *positions(const struct model *m, struct tape *t,
				const struct places *rows)
{
	int offset = m->cfg.position_offset;
	int32_t *pos;

	if (!offset)
		return rows->pos;
	pos = arena_alloc(&t->arena, ((size_t)rows->n + 1) * sizeof *pos);
	for (int i = 0; i < rows->n; i++)
		pos[i] = rows->pos[i] + offset;
	return pos;
}

/* Rows of the segment table, which may have one alone. */
static const int32_t *segments(const struct model *m, struct tape *t,
			       const struct places *rows)
{
	if (m->cfg.segments != 1)
		return rows->seg;
	return arena_zalloc(&t->arena, ((size_t)rows->n + 1) * sizeof *rows->seg);
}

struct ten *layered_embed(const struct model *m, struct tape *t,
			  const struct places *rows)
{
	const struct layered *f = m->own;

	return op_embed(t, m->token, rows->ids, rows->n, f->pos, positions(m, t, rows),
			f->seg, segments(m, t, rows), (float)m->cfg.table_scale);
}

/* What the tokens alone bring: scaled rows of their table. */
struct ten *layered_tokens(const struct model *m, struct tape *t, const struct batch *b)
{
	return op_embed(t, m->token, b->ids, b->N, PARAM_NONE, NULL, PARAM_NONE, NULL,
			(float)m->cfg.table_scale);
}

struct ten *layered_rows(const struct model *m, struct tape *t, const struct batch *b,
			 bool causal, float p_drop, struct ten **embedded)
{
	struct places in = { b->N, b->ids, b->pos, b->seg };
	struct stream s = { .t = t, .cfg = &m->cfg, .p_drop = p_drop,
			    .stack = layered_stack(m, b->task) };
	struct ragged *seq = arena_alloc(&t->arena, sizeof *seq);
	struct ten *x = layered_embed(m, t, &in);

	*seq = (struct ragged){ b->B, b->off };
	if (embedded)
		*embedded = x;
	stream_begin(&s, x);
	for (int i = 0; i < s.stack->n; i++) {
		stream_layer_begin(&s);
		stream_self(&s, i, seq, causal);
		stream_feed(&s, i);
		stream_layer_end(&s);
	}
	return s.h;
}
