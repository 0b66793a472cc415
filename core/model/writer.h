/*
 * writer.h - the layer that makes pieces of a decoder's states, and its copy gate
 * (See et al. 2017). For core/model alone; any decoder has one.
 *
 * Names of parameters: output.weight (untied), output.bias; with a transform
 * output.{transform, norm}.{weight, bias}; with cfg.copy copy.{q, k, gate}.{weight, bias}.
 */
#ifndef TUTTI_MODEL_WRITER_H
#define TUTTI_MODEL_WRITER_H

#include "model/build.h"

struct writer {
	int w, b;                /* [V, C], [1, V] */
	bool has_transform;
	struct dense transform;
	struct norm norm;
	struct dense q, k, gate; /* only with cfg.copy */
};

void writer_declare(struct build *b, struct writer *o);
/*
 * The same with what BERT has between its states and the table of words (Devlin et al.
 * 2019, the head for masked words): dense, activation, layer norm. The copy gate reads
 * the states themselves. With cfg.from_trunk the dense layer begins as the identity.
 */
void writer_declare_transform(struct build *b, struct writer *o);
/* From states x [T, C] and the source's rows [N, C]; each as in op_output_loss. */
struct loss writer_loss(const struct model *m, struct tape *t, const struct batch *b,
			const struct writer *o, struct ten *x, struct ten *rows,
			float smoothing, double *each);
/* What the gate compares states with, once per search: [N, C]; NULL without it. */
struct ten *writer_keys(const struct model *m, struct tape *t, const struct writer *o,
			struct ten *rows);
/* Offers the next pieces of states x [R, C] to the search. */
void writer_offer(const struct decoding *g, const struct writer *o, struct search *s,
		  struct ten *x, const struct ten *keys);
/* Of writer_loss(), forward. */
double writer_flops(const struct model_config *cfg, double n, double t);

#endif
