/*
 * ops.h - the ops a model is written in: forward now, backward on the tape.
 *
 * Shapes: N rows of C columns over all sequences of a block; H heads of C / H.
 * Weights are [out, in]; b may be PARAM_NONE. Losses return means in double and,
 * when the tape records, seed the gradient of their objective with 1 / units:
 * several losses on one tape add up. What is pointed to (ids, targets, offsets) is
 * borrowed until the tape's next beginning.
 * Values and gradients are held against oracles in double and their central differences
 * (tests/fixture/tensor_check.h), whole models against PyTorch's (test_model_torch.c).
 * p_drop is used only when tape->training; its mask is a function of the tape's
 * stream, the op's site number and the element (never of memory or threads).
 */
#ifndef TUTTI_TENSOR_OPS_H
#define TUTTI_TENSOR_OPS_H

#include "tensor/tape.h"

enum { PARAM_NONE = -1 };
enum act { ACT_NONE, ACT_RELU, ACT_GELU, ACT_GELU_TANH, ACT_TANH };
enum pool { POOL_FIRST, POOL_MEAN, POOL_ATTENTION };

/*
 * out[i] = tok[ids[i]] * scale + pos[pos_ids[i]] + seg[seg_ids[i]]; then dropout
 * is the caller's. pos and seg may be PARAM_NONE. tok may be PARAM_ROWS.
 */
struct ten *op_embed(struct tape *t, int tok, const int32_t *ids, int n, int pos,
		     const int32_t *pos_ids, int seg, const int32_t *seg_ids,
		     float scale);

/* act(x W^T + b): x [N, in] -> [N, out]. */
struct ten *op_linear(struct tape *t, struct ten *x, int w, int b, enum act act);

/* The same without act for rows from .. from + n of W and b alone: [N, n]. */
struct ten *op_linear_part(struct tape *t, struct ten *x, int w, int b, int from, int n);

/*
 * A layer whose matrix has a change of low rank beside it (Hu et al. 2022, "LoRA:
 * Low-rank adaptation of large language models", equation 3): act(x W'^T + b), where W' is
 * W and, for some blocks of its rows, of equal size, such a change: block[i] of the n has
 *   W + scale B_i A_i,  A_i [rank, in], B_i [rows of a block, rank].
 * a [n rank, in] and b [n rows of a block, rank] have them one below the other. W' is not
 * made: x (W + s B A)^T = x W^T + s (x A^T) B^T, and the way back likewise. NULL: none.
 */
enum { LOW_RANK_BLOCKS = 3 };
struct low_rank {
	int a, b, n;
	int block[LOW_RANK_BLOCKS]; /* from the least up */
	float scale;
};
struct ten *op_low_rank_linear(struct tape *t, struct ten *x, int w, int b, enum act act,
			       const struct low_rank *lr);
/* The same without act for rows from .. from + n of W, which are whole blocks of it. */
struct ten *op_low_rank_part(struct tape *t, struct ten *x, int w, int b,
			     const struct low_rank *lr, int from, int n);

/* Layer norm over columns (Ba 2016): gamma (x - mean) / sqrt(var + eps) + beta. */
struct ten *op_norm(struct tape *t, struct ten *x, int gamma, int beta, float eps);

/*
 * s = x + dropout(r); returns norm(s). When `sum` is not NULL it gets s as a
 * tensor of its own (pre-norm goes on from there).
 */
struct ten *op_add_norm(struct tape *t, struct ten *x, struct ten *r, float p_drop,
			int gamma, int beta, float eps, struct ten **sum);

/* x + dropout(r) alone. */
struct ten *op_add(struct tape *t, struct ten *x, struct ten *r, float p_drop);
struct ten *op_dropout(struct tape *t, struct ten *x, float p_drop);

/* Rows x[row[i]] of x [N, C]: [n, C]; a row may come several times. */
struct ten *op_rows(struct tape *t, struct ten *x, const int *row, int n);

/* The columns of n tensors of equal rows side by side. */
struct ten *op_join(struct tape *t, struct ten *const *x, int n);

/*
 * Multi-head attention per sequence (Vaswani 2017), scale 1 / sqrt(C / heads),
 * dropout on the probabilities. Self: qkv [N, 3C] holds q | k | v.
 */
struct ten *op_self_attention(struct tape *t, struct ten *qkv,
			      const struct ragged *seq, int heads, bool causal,
			      float p_drop);
/*
 * Self-attention with a prefix (Raffel et al. 2020; Dong et al. 2019, UniLM). Of sequence
 * b the first prefix[b] rows see each other both ways and nothing else; row j of those
 * behind sees the prefix and the rows behind it up to itself. With `masks` the rows
 * behind are two equal halves, and row j of the second half sees what row j of the first
 * one sees, and itself; nobody else sees it.
 */
struct prefixed {
	struct ragged seq;
	const int *prefix; /* [seq.n] */
	bool masks;
};
struct ten *op_prefix_attention(struct tape *t, struct ten *qkv,
				const struct prefixed *rows, int heads, float p_drop);
/*
 * Causal self-attention of texts that go on in several ways, what they share computed
 * once: first the rows of all prefixes, then those of all trees, one behind each prefix.
 * A tree's row goes on from row parent[.] of its tree, which comes before it, or from its
 * prefix (-1). It sees the prefix, the rows on the way from there to it, and itself.
 */
struct trees {
	struct ragged prefix, tree; /* tree.off counts from the first tree's row */
	const int *parent;          /* [tree.off[tree.n]] counted within each tree */
	int depth;                  /* rows on the longest way, 1 to TREE_DEPTH_MAX */
};
enum { TREE_DEPTH_MAX = 64 };
struct ten *op_tree_attention(struct tape *t, struct ten *qkv, const struct trees *rows,
			      int heads, float p_drop);
/*
 * Causal self-attention of which the last rows of each sequence alone ask: q [T, C] in
 * sequences `asking`, kv [N, 2C] holds k | v of all rows in sequences seq. With `masks`
 * those last rows are as op_prefix_attention's second half: row j sees what is before
 * the first half, the first half up to its own row j, and itself.
 */
struct ten *op_last_attention(struct tape *t, struct ten *q, struct ten *kv,
			      const struct ragged *asking, const struct ragged *seq,
			      bool masks, int heads, float p_drop);
/* Cross: q [T, C] in sequences dec; kv [N, 2C] holds k | v in sequences src. */
struct ten *op_cross_attention(struct tape *t, struct ten *q, struct ten *kv,
			       const struct ragged *dec, const struct ragged *src,
			       int heads, float p_drop);

/*
 * A layer of an LSTM (Hochreiter & Schmidhuber 1997; Gers et al. 2000) over each
 * sequence, n = 1: from its first row on, n = 2: also from its last row back, with
 * weights of its own; h_0 = c_0 = 0. As in PyTorch: gates in the order i, f, g, o,
 *   z = W_ih x_t + b_ih + W_hh h_(t-1) + b_hh
 *   c_t = sigmoid(z_f) c_(t-1) + sigmoid(z_i) tanh(z_g),  h_t = sigmoid(z_o) tanh(c_t)
 * x [N, C], W_ih [4H, C], W_hh [4H, H], biases [4H]; gives [N, n H], directions side
 * by side.
 */
struct lstm {
	int w_ih, b_ih, w_hh, b_hh;
};
struct ten *op_lstm(struct tape *t, struct ten *x, const struct ragged *seq,
		    const struct lstm *w, int n);

/*
 * An LSTM that looks at a source at every step and is told what it saw (Luong et al.
 * 2015, with input feeding); a_0 = h_0 = c_0 = 0 or `state`:
 *   z = W_ih x_t + b_ih + W_hh [a_(t-1) | h_(t-1)] + b_hh, then h_t and c_t as op_lstm
 *   p = softmax over the source's rows of h_t . k_j / sqrt(C)
 *   a_t = tanh(W_c [sum of p_j r_j | h_t] + b_c)
 * x [T, C] in sequences dec; r (rows) and k (keys) [N, C] in sequences src; sequence b
 * looks at source[b] (NULL: b). W_ih [4C, C], W_hh [4C, 2C], W_c [C, 2C]. Returns a
 * [T, C].
 */
struct attend_lstm {
	struct ten *x, *rows, *keys;
	const struct ragged *dec, *src;
	const int *source;
	struct lstm w;
	int w_c, b_c;
	/* For a search, without gradients: a | h | c of each sequence [B, 3C], before
	 * and (may be the same memory) after. */
	const float *state;
	float *end;
};
struct ten *op_attend_lstm(struct tape *t, const struct attend_lstm *in);

/* [N, C] -> [B, C]: the first row of each sequence, or the mean of its rows. */
struct ten *op_pool(struct tape *t, struct ten *x, const struct ragged *seq,
		    enum pool how);
/*
 * POOL_ATTENTION (Zhou et al. 2016, "Attention-based bidirectional long short-term
 * memory networks for relation classification", eqs. 9 to 12), w [1, C]:
 *   a = softmax over a sequence's rows of w . tanh(x_i),  y = tanh(sum of a_i x_i)
 * No sequence is empty.
 */
struct ten *op_attention_pool(struct tape *t, struct ten *x, const struct ragged *seq,
			      int w);

/* Of a micro-batch, means over its counted targets; all 0 where there are none. */
struct loss {
	double objective; /* with label smoothing: what the gradient is of */
	double plain;     /* without: what is shown, and what methods see */
	int units;        /* counted targets */
};

/*
 * Softmax cross-entropy on logits [B, K] with label smoothing e:
 * (1 - e) (-log p_y) + e mean_k(-log p_k). label < 0 is not counted. With weight [K]
 * (NULL: all 1) the objective of a row counts weight[y] times; the mean stays one over
 * rows, not over weights, so that it does not hang on who shares a micro-batch.
 */
struct loss op_cross_entropy(struct tape *t, struct ten *logits, const int32_t *label,
			     float smoothing, const float *weight);
/*
 * Binary cross-entropy on logits [B, K], one sigmoid a label, the mean over labels:
 *   row = 1/K sum_k w_k (log(1 + exp(x_k)) - y_k x_k),  y_k 1 where the row has label k,
 * as BCEWithLogitsLoss (PyTorch) has it, and the mean over counted rows. With smoothing
 * e, y_k is (1 - e) y_k + e / 2 in the objective (Szegedy et al. 2016, of two classes).
 * weight [K], NULL: all 1; the plain loss is without both.
 */
struct label_sets {
	const int32_t *known;   /* [B] < 0: not counted */
	const int32_t *label;   /* numbers of labels, those of row i at off[i] .. off[i+1] */
	const int *off;         /* [B+1] */
};
struct loss op_binary_cross_entropy(struct tape *t, struct ten *logits,
				    const struct label_sets *y, float smoothing,
				    const float *weight);
/* Mean over rows of (x - y)^2; x [B, 1]. */
struct loss op_mse(struct tape *t, struct ten *x, const float *y);

/*
 * Output layer and cross-entropy in one, in chunks of rows, so that the
 * [T, V] logits never stand in memory whole: logits = x W^T + b, W [V, C].
 * Rows with target < 0 cost nothing. Mean over counted targets; each [T] (NULL:
 * not wanted) gets every counted row's own plain loss.
 */
struct loss op_output_loss(struct tape *t, struct ten *x, int w, int b,
			   const int32_t *target, float smoothing, double *each);

/* The same, each counted row's loss times weight[row] and added up: no mean. */
struct loss op_output_weighted(struct tape *t, struct ten *x, int w, int b,
			       const int32_t *target, const double *weight,
			       float smoothing, double *each);
/*
 * log softmax(x[of[i]] W^T + b) at target[i]: [n, 1]. of is in order, so that a row's
 * logits are made once for all that is asked of it.
 */
struct ten *op_log_probs(struct tape *t, struct ten *x, int w, int b, const int *of,
			 const int32_t *target, int n);

/*
 * Output layer with a copy gate (pointer-generator: See et al. 2017):
 *   a   = softmax over the source rows of the sequence of q . k / sqrt(C)
 *   g   = sigmoid(gate): the share that is generated
 *   p(y) = g softmax(x W^T + b)[y] + (1 - g) sum of a_j over src_ids[j] = y
 *   loss = mean of (1 - e) (-log p(y)) + e mean_k(-log softmax_k)
 * x [T, C], q [T, C] in sequences dec; k [N, C] in sequences src; gate [T, 1].
 */
struct copy_inputs {
	struct ten *x, *q, *k, *gate;
	const struct ragged *dec, *src;
	const int32_t *src_ids; /* [N] */
	const int32_t *target;  /* [T], < 0: not counted */
	int w, b;
	float smoothing;
	double *each;           /* as op_output_loss */
};
struct loss op_copy_loss(struct tape *t, const struct copy_inputs *in);

/* --- inference for decoding: no tape node, results in the tape's arena --- */

/* logits [R, V] = x W^T + b for few rows (R <= 64): at memory speed. */
void infer_output(struct tape *t, const float *x, int R, int w, int b,
		  float *logits);
/*
 * One new query row per hypothesis against that hypothesis' own cached keys
 * and values: q [R, C]; row r has len[r] cached rows at k[r], v[r] with
 * `stride` floats from row to row. out [R, C]. probs (may be NULL): mean over
 * heads, probs[r] points to len[r] floats.
 */
void infer_attend(const float *q, int R, int C, int heads, const float *const *k,
		  const float *const *v, const int *len, int stride, float *out,
		  float *const *probs);

/*
 * The same against rows that are cached in several places, as if they stood one behind
 * the other: span [R][n], some of no rows; together a row has one at least.
 */
struct kv_span {
	const float *k, *v;
	int len, stride;
};
void infer_attend_spans(const float *q, int R, int C, int heads,
			const struct kv_span *span, int n, float *out);

#endif
