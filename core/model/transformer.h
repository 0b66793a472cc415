/*
 * transformer.h - what the files of the Transformer share: its parameters and
 * the residual stream. For core/model alone.
 *
 * Norms. A stack of S sublayers has S + 1 norms, used in this order in both
 * layouts: one before the first sublayer and one after each residual sum. They
 * differ in what goes on from there: post-norm (BERT) goes on with the normed
 * sum, pre-norm with the sum itself. So the one at the edge (not in a layer) is
 * the embedding's in post-norm and the final one in pre-norm.
 *
 * Names of parameters (.weight and .bias where not a table):
 *   embed.token, embed.position, embed.segment, embed.norm (post-norm)
 *   encoder.I.{attention.qkv, attention.out, feed.up, feed.down}
 *   encoder.I.{attention.norm, feed.norm}, encoder.norm (pre-norm)
 *   tasks.T.encoder.I...    layers from shared_layers on, and then the final norm
 *   tasks.T.head.{hidden, out}
 *   tasks.T.decoder.{token (untied), position, norm, output.weight (untied),
 *                    output.bias, copy.q, copy.k, copy.gate}
 *   tasks.T.decoder.I...    as encoder.I, and cross.{q, kv, out, norm}
 */
#ifndef TUTTI_MODEL_TRANSFORMER_H
#define TUTTI_MODEL_TRANSFORMER_H

#include "model/build.h"

enum { SUBLAYERS_MAX = 3 };

struct layer {
	struct dense qkv, out;                       /* self-attention */
	struct dense cross_q, cross_kv, cross_out;   /* decoder */
	struct dense up, down;                       /* feed-forward */
	struct norm norm[SUBLAYERS_MAX];             /* of each sublayer */
};

struct stack {
	int n, sublayers; /* 2: self, feed-forward; 3: self, cross, feed-forward */
	struct layer *layer; /* [n] */
	struct norm edge;
};

struct decoder {
	int tok, pos;          /* embedding tables */
	struct stack stack;
	int w, b;              /* output layer [V, C], [1, V] */
	struct dense q, k, gate; /* copy gate; only with cfg.copy */
};

/* What one task uses; encoder layers may be others' too. */
struct task_parts {
	struct stack encoder;
	struct head head;
	struct decoder decoder;
};

struct transformer {
	int n_tasks;
	int tok, pos, seg;
	struct norm edge;         /* the encoder's, when everybody's */
	struct layer *shared;     /* [shared_layers] */
	struct task_parts *task;  /* [n_tasks] */
};

/* Rows on their way through a stack. */
struct stream {
	struct tape *t;
	const struct model_config *cfg;
	const struct stack *stack;
	float p_drop;
	struct ten *x; /* what goes on */
	struct ten *h; /* what the next sublayer reads */
};

/* --- transformer.c --- */
/* depth: layers of the stack it belongs to. */
void layer_declare(struct build *b, struct layer *l, int sublayers, int depth);
/* Deviation of random token tables, and of position and segment tables. */
double transformer_table_dev(const struct model_config *cfg);
double transformer_place_dev(const struct model_config *cfg);
float transformer_eps(const struct model_config *cfg);
/* Tokens are multiplied by this before positions are added. */
float transformer_scale(const struct model_config *cfg);
void stream_begin(struct stream *s, struct ten *embedded);
/* Adds the result of sublayer j of layer i and norms for the next one. */
void stream_add(struct stream *s, int i, int j, struct ten *r);
/* The feed-forward sublayer, the last one of layer i. */
void stream_feed(struct stream *s, int i);
/* The task's encoder: [N, C], normed. embedded: what enters it, or NULL. */
struct ten *transformer_encode(const struct model *m, struct tape *t,
			       const struct batch *b, float p_drop,
			       struct ten **embedded);

/* --- decoder.c --- */
void decoder_declare(struct build *b, struct decoder *d, int encoder_tok);
struct loss decoder_loss(const struct model *m, struct tape *t, const struct batch *b,
			 float p_drop);
/* The same from the encoder's rows; each as in op_output_loss. */
struct loss decoder_loss_of(const struct model *m, struct tape *t,
			    const struct batch *b, struct ten *memory, float p_drop,
			    double *each);

/* --- generate.c --- */
void decoder_generate(const struct model *m, struct tape *t,
		      const struct batch *b, struct search *s, double *each);

#endif
