/*
 * adapter.h - small parts beside the layers of a trunk, for all tasks or one each, that
 * learn where the layers themselves may stand still. For core/model alone.
 *
 *   lora        a change of low rank to some of a layer's matrices (Hu et al. 2022, "LoRA:
 *               Low-rank adaptation of large language models", equation 3): W + alpha / r
 *               B A, with A [r, in] random, B [out, r] nought. It stays beside the matrix
 *               as long as the model is trained (op_low_rank_linear).
 *   bottleneck  behind attention's output projection and behind the feed-forward block,
 *               before the sum with the residual (Houlsby et al. 2019, "Parameter-efficient
 *               transfer learning for NLP", section 2.1 and figure 2): x + up(act(down(x)))
 *               with down [r, C], up [C, r] and the trunk's own activation; up begins at
 *               nought.
 *
 * Either way a model begins as it is without (test_begins_as_without). Matrices have PEFT's
 * names for people: query, key, value, output (all of attention), up, down (feed-forward).
 * A's entries have the deviation of nn.Linear's, 1 / sqrt(3 in), as there.
 *
 * Names of parameters, under the layer's (".weight", of the bottleneck's also ".bias"):
 *   MATRIX.lora.a, MATRIX.lora.b        MATRIX as in stack.h: attention.qkv, feed.up, ...
 *   attention.adapter.{down, up}, feed.adapter.{down, up}
 */
#ifndef TUTTI_MODEL_ADAPTER_H
#define TUTTI_MODEL_ADAPTER_H

#include "model/build.h"

enum layer_matrix { MATRIX_QKV, MATRIX_Q, MATRIX_K, MATRIX_V, MATRIX_OUT, MATRIX_UP,
		    MATRIX_DOWN, LAYER_MATRICES };
enum { ADAPTED_SUBLAYERS = 2 }; /* attention, feed-forward */

struct adapter {
	struct low_rank low[LAYER_MATRICES];           /* n 0: none */
	struct dense down[ADAPTED_SUBLAYERS], up[ADAPTED_SUBLAYERS]; /* bottleneck */
};

/* Leaves nothing open. */
void adapter_settle(struct model_config *cfg);
/* Of the layer whose matrices are w [LAYER_MATRICES]; those it has not are ignored. */
void adapter_declare(struct build *b, struct adapter *a, const int *w);
/* Beside this matrix; NULL: nothing is. a NULL: there is no adapter. */
const struct low_rank *adapter_low(const struct adapter *a, enum layer_matrix m);
/* What goes on from what a sublayer gave. */
struct ten *adapter_behind(struct tape *t, const struct model_config *cfg,
			   const struct adapter *a, int sublayer, struct ten *x);
/* Flops of a row in one layer, as layer_flops. */
double adapter_flops(const struct model_config *cfg);

/*
 * The values of matrix p with the changes that this task has in it, or, task PARAM_SHARED,
 * all have, in `out`; false: there are none, and nothing was written. used[] [ps->n] of
 * those changes' parameters becomes true.
 */
bool adapter_merge(const struct model *m, const struct param_set *ps, int task, int p,
		   float *out, bool *used);

#endif
