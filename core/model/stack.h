/*
 * stack.h - Transformer layers on a residual stream (Vaswani et al. 2017), for the
 * trunks and decoders that are made of them. For core/model alone.
 *
 * Norms. A stack of S sublayers has S + 1 norms, used in this order in both
 * layouts: one before the first sublayer and one after each residual sum. They
 * differ in what goes on from there: post-norm (BERT) goes on with the normed
 * sum, pre-norm with the sum itself. So the one at the edge (not in a layer) is
 * the embedding's in post-norm and the final one in pre-norm.
 *
 * Who reads a stack reads `h`: the normed rows, in both layouts. In post-norm x and h are
 * one tensor.
 *
 * Names of a layer's parameters (.weight and .bias):
 *   attention.{qkv, out, norm}    split_qkv: attention.{q, k, v} for qkv
 *   cross.{q, kv, out, norm}      only with three sublayers
 *   feed.{up, down, norm}
 */
#ifndef TUTTI_MODEL_STACK_H
#define TUTTI_MODEL_STACK_H

#include "model/adapter.h"

enum { SUBLAYERS_MAX = 3 };

struct layer {
	struct dense qkv, q, k, v, out;              /* self-attention */
	struct dense cross_q, cross_kv, cross_out;
	struct dense up, down;                       /* feed-forward */
	struct norm norm[SUBLAYERS_MAX];             /* of each sublayer */
	const struct adapter *adapter;               /* NULL: none */
};

struct stack {
	int n, sublayers; /* 2: self, feed-forward; 3: self, cross, feed-forward */
	struct layer *layer; /* [n] */
	struct norm edge;
	bool has_project;    /* behind the edge: rows of the tables' width to dim */
	struct dense project;
};

/* Rows on their way through a stack. */
struct stream {
	struct tape *t;
	const struct model_config *cfg;
	const struct stack *stack;
	float p_drop;
	struct ten *x; /* what goes on */
	struct ten *h; /* what the next sublayer reads */
	struct ten *keep[2];    /* x and h between layers without gradients */
	struct arena_mark mark;
};

/* Are heads and ff such that layers can be made? */
enum status stack_check(const struct model_config *cfg, struct err *err);
/* n layers not yet declared, in the model's memory. */
void stack_init(struct stack *s, struct model *m, int n, int sublayers);
/* depth: layers of the stack it belongs to. */
void layer_declare(struct build *b, struct layer *l, int sublayers, int depth);
/* The numbers of its matrices, as adapter_declare wants them. */
void layer_matrices(const struct layer *l, int w[LAYER_MATRICES]);

/* Embedded rows enter; then the sublayers in their order, of every layer. */
void stream_begin(struct stream *s, struct ten *embedded);
/* q | k | v of the rows for self-attention of layer i: [rows, 3C]. */
struct ten *stream_qkv(struct stream *s, int i);
/* Adds the result of sublayer j of layer i and norms for the next one. */
void stream_add(struct stream *s, int i, int j, struct ten *r);
/* The end of layer i's first sublayer: what attention gave, [rows, C]. */
void stream_attended(struct stream *s, int i, struct ten *x);
/* The whole self-attention sublayer, the first one of layer i. */
void stream_self(struct stream *s, int i, const struct ragged *seq, bool causal);
/* The same where sequences have a prefix. */
void stream_prefixed(struct stream *s, int i, const struct prefixed *rows);
/* The same where prefixes go on in several ways. */
void stream_trees(struct stream *s, int i, const struct trees *rows);
/*
 * The same for the last rows of each sequence alone (op_last_attention): the n `rows`
 * of the stream, in sequences `asking`. Only they go on; the top layer's others are read
 * by nobody.
 */
struct last_rows {
	const int *rows;
	struct ragged asking, seq;
	bool masks;
};
void stream_last(struct stream *s, int i, const struct last_rows *last);
/* The feed-forward sublayer, the last one of layer i. */
void stream_feed(struct stream *s, int i);
/*
 * Around a layer: without gradients nothing inside it is wanted again, and its memory
 * is given back. So looking takes the memory of one layer, whatever the depth.
 */
void stream_layer_begin(struct stream *s);
void stream_layer_end(struct stream *s);

/*
 * Flops of a pass, two for each multiply-add of a matrix product: one layer's linear
 * parts of self-attention and feed-forward for a row; attention of a row to n others.
 */
double layer_flops(const struct model_config *cfg);
/* The same of a trunk's layer, with its adapter. */
double trunk_layer_flops(const struct model_config *cfg);
double attention_flops(const struct model_config *cfg, double n);

#endif
