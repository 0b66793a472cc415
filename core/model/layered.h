/*
 * layered.h - trunks that are one stack of Transformer layers over embedded rows: the
 * lower layers are all tasks', the others one copy per task. For core/model alone.
 *
 * Names of parameters (.weight and .bias where not a table; layers as in stack.h):
 *   embed.token, embed.position, embed.segment (where there are segments)
 *   embed.norm (post-norm), embed.project (where tables have a width of their own)
 *   NAME.I..., NAME.norm (pre-norm)
 *   tasks.T.NAME.I...    layers from shared_layers on, and then the final norm; a task's
 *                        own adapters (adapter.h), of shared layers, too
 *
 * Each task has a stack of all its layers; of the shared ones it holds parameter numbers,
 * not copies. The final norm of pre-norm belongs to whoever owns the top layer. With
 * shared_layers 0 the tables (and post-norm's embed.norm) alone are everybody's
 * (test_nothing_shared).
 */
#ifndef TUTTI_MODEL_LAYERED_H
#define TUTTI_MODEL_LAYERED_H

#include "model/stack.h"

/* The plan's fields that such trunks have a use for, the layout in detail behind. */
#define LAYERED_FIELDS                                                         \
	"dim", "layers", "heads", "ff", "shared_layers", "vocab", "eps", "act",        \
	"table_scale", "split_qkv", "max_positions", "position_offset", "embed_dim",   \
	"segments", "adapter", "adapter_rank", "adapter_alpha", "adapter_of",           \
	"adapter_per", "adapter_trunk"

/* The trunk's own. */
struct layered {
	const char *name;     /* of the layers' parameters */
	int pos, seg;         /* tables; seg PARAM_NONE: there are no segments */
	struct norm edge;     /* when everybody's (stack.h) */
	struct dense project; /* with embed_dim other than dim */
	struct layer *shared; /* [shared_layers] */
	struct stack *task;   /* [n_tasks]; their lower layers are the shared ones */
};

struct layered *layered_declare(struct model *m, struct param_set *ps, const char *name);
struct ten *layered_rows(const struct model *m, struct tape *t, const struct batch *b,
			 bool causal, float p_drop, struct ten **embedded);

/* Members of trunk_kind. */
enum status layered_check(const struct model_config *cfg, struct err *err);
void layered_declare_task(struct build *own, int task);
void layered_declare_adapters(struct model *m, struct param_set *ps);
struct ten *layered_tokens(const struct model *m, struct tape *t, const struct batch *b);
const struct stack *layered_stack(const struct model *m, int task);
void layered_begin_places(struct build *b, int table);
struct ten *layered_embed(const struct model *m, struct tape *t,
			  const struct places *rows);

#endif
