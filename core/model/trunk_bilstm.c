/*
 * trunk_bilstm.c - an encoder of bidirectional LSTM layers (Graves & Schmidhuber
 * 2005), dim / 2 each way, side by side. Word order is all that says where a token
 * stands: there are no positions and no segments. Heads pool its rows by attention
 * (Zhou et al. 2016). The lower layers are all tasks', the others one copy per task.
 *
 * Names of parameters (.weight and .bias where not a table or a vector):
 *   embed.token
 *   encoder.I.{forward, reverse}.{input, hidden}
 *   tasks.T.encoder.I...    layers from shared_layers on
 * input and hidden are PyTorch's weight_ih, bias_ih and weight_hh, bias_hh.
 */
#include "base/mem.h"
#include "model/build.h"

enum { WAYS = 2 };

struct layer {
	struct lstm way[WAYS]; /* forward, reverse */
};

struct bilstm {
	struct layer *shared;  /* [shared_layers] */
	struct layer **task;   /* [n_tasks][layers]; the lower ones are the shared */
};

/* --- parameters --- */

static void bilstm_settle(struct model_config *c)
{
	c->pool = POOL_ATTENTION;
	c->embed_dim = c->dim;
	c->segments = NO_SEGMENTS;
}

static enum status bilstm_check(const struct model_config *c, struct err *err)
{
	const struct size_row row[] = {
		{ "layers", c->layers, 1, 1024 },
		{ "shared_layers", c->shared_layers, 0, c->layers },
	};

	return model_check_sizes(row, 2, err);
}

static struct lstm declare_way(const struct build *layer, const char *name)
{
	struct build b = build_in(layer, "%s", name);
	int C = b.m->cfg.dim, H = C / WAYS;
	struct dense in = build_dense(&b, "input", 4 * H, C, build_glorot(C, H));
	struct dense hid = build_dense(&b, "hidden", 4 * H, H, build_glorot(H, H));

	return (struct lstm){ .w_ih = in.w, .b_ih = in.b, .w_hh = hid.w, .b_hh = hid.b };
}

static struct layer declare_layer(const struct build *b, int i)
{
	struct build in = build_layer(b, i, "encoder");
	struct lstm forward = declare_way(&in, "forward");

	return (struct layer){ { forward, declare_way(&in, "reverse") } };
}

static void *bilstm_declare(struct model *m, struct param_set *ps)
{
	const struct model_config *cfg = &m->cfg;
	struct bilstm *f = arena_zalloc(&m->arena, sizeof *f);
	struct build all = build_shared(m, ps), b = build_embed(&all);

	f->shared = arena_zalloc(&m->arena, ((size_t)cfg->shared_layers + 1) *
				 sizeof *f->shared);
	f->task = arena_zalloc(&m->arena, (size_t)m->n_tasks * sizeof *f->task);
	build_tokens(&b);
	for (int i = 0; i < cfg->shared_layers; i++)
		f->shared[i] = declare_layer(&all, i);
	return f;
}

static void bilstm_declare_task(struct build *own, int task)
{
	struct model *m = own->m;
	const struct bilstm *f = m->own;
	struct layer *l = arena_zalloc(&m->arena, (size_t)m->cfg.layers * sizeof *l);

	for (int i = 0; i < m->cfg.layers; i++)
		l[i] = i < m->cfg.shared_layers ? f->shared[i] : declare_layer(own, i);
	f->task[task] = l;
}

/* --- forward --- */

static struct ten *bilstm_tokens(const struct model *m, struct tape *t,
				 const struct batch *b)
{
	return op_embed(t, m->token, b->ids, b->N, PARAM_NONE, NULL, PARAM_NONE, NULL,
			(float)m->cfg.table_scale);
}

static struct ten *bilstm_rows(const struct model *m, struct tape *t,
			       const struct batch *b, float p_drop,
			       struct ten **embedded)
{
	const struct bilstm *f = m->own;
	struct ragged *seq = arena_alloc(&t->arena, sizeof *seq);
	struct ten *x = bilstm_tokens(m, t, b);

	*seq = (struct ragged){ b->B, b->off };
	if (embedded)
		*embedded = x;
	for (int i = 0; i < m->cfg.layers; i++)
		x = op_lstm(t, op_dropout(t, x, p_drop), seq, f->task[b->task][i].way,
			    WAYS);
	return x;
}

static double bilstm_flops(const struct model *m, double n)
{
	double C = m->cfg.dim, H = C / WAYS;

	return m->cfg.layers * n * WAYS * 2 * 4 * H * (C + H);
}

const struct trunk_kind trunk_bilstm = {
	.name = "bilstm",
	.help = "An encoder of bidirectional LSTM layers; heads pool by attention.",
	.fields = (const char *const[]){ "dim", "layers", "shared_layers", NULL },
	.dim_multiple = WAYS,
	.settle = bilstm_settle,
	.check = bilstm_check,
	.declare = bilstm_declare,
	.declare_task = bilstm_declare_task,
	.rows = bilstm_rows,
	.tokens = bilstm_tokens,
	.flops = bilstm_flops,
};
