/*
 * trunk_transformer.c - an encoder of Transformer layers (Vaswani et al. 2017; layout
 * of BERT, Devlin et al. 2019, or pre-norm, Xiong et al. 2020). The lower layers are
 * all tasks', the others one copy per task.
 *
 * Names of parameters (.weight and .bias where not a table; layers as in stack.h):
 *   embed.token, embed.position, embed.segment, embed.norm (post-norm)
 *   encoder.I..., encoder.norm (pre-norm)
 *   tasks.T.encoder.I...    layers from shared_layers on, and then the final norm
 */
#include "base/mem.h"
#include "model/stack.h"

struct transformer {
	int pos, seg;
	struct norm edge;         /* the encoder's, when everybody's */
	struct layer *shared;     /* [shared_layers] */
	struct stack *task;       /* [n_tasks]; their lower layers are the shared ones */
};

/* --- parameters --- */

static enum status transformer_check(const struct model_config *c, struct err *err)
{
	const struct size_row row[] = {
		{ "layers", c->layers, 1, 1024 },
		{ "shared_layers", c->shared_layers, 0, c->layers },
	};
	enum status st = model_check_sizes(row, 2, err);

	return st ? st : stack_check(c, err);
}

static void declare_tables(struct build *b, struct transformer *f)
{
	const struct model_config *cfg = &b->m->cfg;
	unsigned lazy = PARAM_ROWS | PARAM_DECAY | PARAM_LAZY;
	double dev = build_place_dev(cfg);

	build_tokens(b);
	f->pos = build_table(b, "position", cfg->position_offset + cfg->max_positions,
			     lazy, dev);
	f->seg = build_table(b, "segment", 2, lazy, dev);
}

static void *transformer_declare(struct model *m, struct param_set *ps)
{
	const struct model_config *cfg = &m->cfg;
	struct transformer *f = arena_zalloc(&m->arena, sizeof *f);
	struct build all = build_shared(m, ps), b = build_in(&all, "embed");

	f->shared = arena_zalloc(&m->arena, ((size_t)cfg->shared_layers + 1) *
				 sizeof *f->shared);
	f->task = arena_zalloc(&m->arena, (size_t)m->n_tasks * sizeof *f->task);
	declare_tables(&b, f);
	if (!cfg->pre_norm)
		f->edge = build_norm(&b, "norm");
	for (int i = 0; i < cfg->shared_layers; i++) {
		b = build_in(&all, "encoder.%d", i);
		layer_declare(&b, &f->shared[i], 2, cfg->layers);
	}
	b = build_in(&all, "encoder");
	if (cfg->pre_norm && cfg->shared_layers == cfg->layers)
		f->edge = build_norm(&b, "norm");
	return f;
}

static void transformer_declare_task(struct build *own, int task)
{
	struct model *m = own->m;
	const struct transformer *f = m->own;
	struct stack *s = &f->task[task];
	int k = m->cfg.shared_layers;
	struct build b;

	stack_init(s, m, m->cfg.layers, 2);
	s->edge = f->edge;
	for (int i = 0; i < s->n; i++) {
		b = build_in(own, "encoder.%d", i);
		if (i < k)
			s->layer[i] = f->shared[i];
		else
			layer_declare(&b, &s->layer[i], 2, s->n);
	}
	b = build_in(own, "encoder");
	if (m->cfg.pre_norm && k < s->n)
		s->edge = build_norm(&b, "norm");
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

static struct ten *transformer_embed(const struct model *m, struct tape *t,
				     const struct places *rows)
{
	const struct transformer *f = m->own;

	return op_embed(t, m->token, rows->ids, rows->n, f->pos, positions(m, t, rows),
			f->seg, rows->seg, (float)m->cfg.table_scale);
}

static const struct stack *transformer_stack(const struct model *m, int task)
{
	return &((const struct transformer *)m->own)->task[task];
}

/* What the tokens alone bring: scaled rows of their table. */
static struct ten *transformer_tokens(const struct model *m, struct tape *t,
				      const struct batch *b)
{
	return op_embed(t, m->token, b->ids, b->N, PARAM_NONE, NULL, PARAM_NONE, NULL,
			(float)m->cfg.table_scale);
}

static struct ten *transformer_rows(const struct model *m, struct tape *t,
				    const struct batch *b, float p_drop,
				    struct ten **embedded)
{
	struct places in = { b->N, b->ids, b->pos, b->seg };
	struct stream s = { .t = t, .cfg = &m->cfg, .p_drop = p_drop,
			    .stack = transformer_stack(m, b->task) };
	struct ragged *seq = arena_alloc(&t->arena, sizeof *seq);
	struct ten *x = transformer_embed(m, t, &in);

	*seq = (struct ragged){ b->B, b->off };
	if (embedded)
		*embedded = x;
	stream_begin(&s, x);
	for (int i = 0; i < s.stack->n; i++) {
		stream_layer_begin(&s);
		stream_self(&s, i, seq, false);
		stream_feed(&s, i);
		stream_layer_end(&s);
	}
	return s.h;
}

static double transformer_flops(const struct model *m, double n)
{
	return m->cfg.layers * n *
	       (layer_flops(&m->cfg) + attention_flops(&m->cfg, n));
}

const struct trunk_kind trunk_transformer = {
	.name = "transformer",
	.help = "An encoder of Transformer layers.",
	.fields = (const char *const[]){ "dim", "layers", "heads", "ff", "shared_layers",
					 "norm", "pool", NULL },
	.check = transformer_check,
	.declare = transformer_declare,
	.declare_task = transformer_declare_task,
	.rows = transformer_rows,
	.tokens = transformer_tokens,
	.flops = transformer_flops,
	.stack = transformer_stack,
	.embed = transformer_embed,
};
